//! Dates as records have them → moments that can be put in order.
//!
//! Written dates with the year first (`2019-10-30`, `2019.10.30 08:15`, `2019年10月30日`, `20191030`,
//! `2019-10-30T08:15:00Z`), and seconds or milliseconds since 1970. Zones are not looked at.

/// A moment: greater is later. Of a written date what is missing counts as its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// The moment that a value of a record means, if it is a date.
///
/// ```
/// use dechaff::text::date::moment;
/// assert!(moment("2019年10月30日") < moment("2019-10-30T08:15:00Z"));
/// assert_eq!(moment("20191030"), moment("2019.10.30"));
/// assert_eq!(moment("1572393600"), moment("2019-10-30"));
/// assert_eq!(moment("yesterday"), None);
/// ```
pub fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match (digits, text.len()) {
        (true, 8) => {
            written([text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?, 0, 0, 0])
        }
        // From 1973 on.
        (true, 9 | 10) => Some(seconds(text.parse().ok()?)),
        (true, 12 | 13) => Some(seconds(text.parse::<u64>().ok()? / 1000)),
        _ => parts(text),
    }
}

/// Whether a text is a date that a person would write: year, month and what keeps them apart.
pub fn is_written(text: &str) -> bool {
    !text.trim().bytes().all(|byte| byte.is_ascii_digit()) && parts(text.trim()).is_some()
}

/// Year, month, day, hour, minute, second: runs of digits, the year with four.
fn parts(text: &str) -> Option<Moment> {
    let mut numbers = [0u64; 6];
    let mut count = 0;
    let mut runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    let year = runs.next().filter(|run| run.len() == 4 && text.starts_with(*run))?;
    numbers[0] = year.parse().ok()?;
    for (number, run) in numbers[1..].iter_mut().zip(runs) {
        if run.len() > 2 {
            break;
        }
        *number = run.parse().ok()?;
        count += 1;
    }
    if count == 0 { None } else { written(numbers) }
}

fn written([year, month, day, hour, minute, second]: [u64; 6]) -> Option<Moment> {
    let fits = (1000..=9999).contains(&year)
        && (1..=12).contains(&month)
        && day <= 31
        && hour <= 24
        && minute < 60
        && second <= 60;
    let day = if day == 0 { 1 } else { day };
    fits.then(|| Moment(((((year * 13 + month) * 32 + day) * 25 + hour) * 60 + minute) * 61 + second))
}

/// Days to a date: Hinnant's algorithm for the Gregorian calendar.
fn seconds(seconds: u64) -> Moment {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let parts = [year, month, day, rest / 3600, rest % 3600 / 60, rest % 60];
    written(parts).expect("ten digits end in 2286, thirteen of milliseconds too")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order() {
        let dates = [
            "1999-12-31",
            "2000-01-01",
            "2000-1-1 00:01",
            "2000/01/02",
            "2000年2月",
            "951827696",
            "2001.3.4",
        ];
        let moments: Vec<_> = dates.iter().map(|date| moment(date).unwrap()).collect();
        assert!(moments.is_sorted(), "{moments:?}");
        assert_eq!(moment("951827696"), moment("2000-02-29T12:34:56+08:00"));
        assert_eq!(moment("951827696123"), moment("2000-02-29 12:34:56.123"));
    }

    #[test]
    fn no_dates() {
        for text in ["", "2019", "13-12-2019", "2019-13-01", "v2019-01-01", "20190001", "-5", "99999"] {
            assert_eq!(moment(text), None, "{text}");
        }
        assert!(is_written("2019-10") && !is_written("20191030") && !is_written("2019"));
        assert!(moment("9999999999").is_some() && moment("9999999999999").is_some());
    }
}
