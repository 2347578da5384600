"use strict";
// The filter over the clusters, and all of them opened or closed at once. Without this script everything can be read.
const tools = document.getElementById("tools");
const clusters = Array.from(document.querySelectorAll("details.cluster"));
if (tools && clusters.length) {
  const find = document.getElementById("find");
  const level = document.getElementById("level");
  const numbers = document.getElementById("numbers");
  const status = document.getElementById("status");
  const texts = clusters.map((cluster) => cluster.textContent.toLowerCase());
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    clusters.forEach((cluster, at) => {
      const fits =
        words.every((word) => texts[at].includes(word)) &&
        (!level.value || cluster.dataset.level === level.value) &&
        (!numbers.value || cluster.dataset.numbers.split(" ").includes(numbers.value));
      cluster.hidden = !fits;
      if (fits) shown += 1;
    });
    status.textContent = shown + " of " + clusters.length + " shown";
  };
  const open = (state) => clusters.forEach((cluster) => {
    if (!cluster.hidden) cluster.open = state;
  });
  find.addEventListener("input", filter);
  level.addEventListener("change", filter);
  numbers.addEventListener("change", filter);
  document.getElementById("open").addEventListener("click", () => open(true));
  document.getElementById("close").addEventListener("click", () => open(false));
  const jump = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") {
      target.hidden = false;
      target.open = true;
    }
  };
  addEventListener("hashchange", jump);
  jump();
  tools.hidden = false;
  filter();
}
