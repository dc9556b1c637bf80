//! What an unpainted pixel means. The program never guesses: it is told, it asks, or it refuses.

use anyhow::Result;
use lacuna_data::annotation::Unpainted;

use crate::error_report::UsageError;
use crate::printer::Printer;

const QUESTION: &str = "\
What does a pixel mean that nobody painted in these masks?
  1  unknown: only a part was painted, an unpainted pixel may be anything
  2  background: the masks are complete, an unpainted pixel is certainly none of the classes
1 or 2?";

/// Asks the person at the terminal; an error where there is none.
pub(super) fn ask(printer: &Printer) -> Result<Unpainted> {
    if !printer.can_ask() {
        return Err(missing().into());
    }
    while let Some(answer) = printer.ask(QUESTION)? {
        if let Some(meaning) = understand(&answer) {
            return Ok(meaning);
        }
    }
    Err(missing().into())
}

fn understand(answer: &str) -> Option<Unpainted> {
    match answer.to_lowercase().as_str() {
        "1" | "unknown" => Some(Unpainted::Unknown),
        "2" | "background" => Some(Unpainted::Background),
        _ => None,
    }
}

fn missing() -> UsageError {
    UsageError::new("`--unpainted` is missing: what does a pixel mean that nobody painted?").with_hint(
        "`--unpainted unknown` if only a part of each structure was painted; `--unpainted background` only \
         if the masks are complete, so that an unpainted pixel is certainly none of the classes",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_a_number_or_a_word() {
        let table = [
            ("1", Some(Unpainted::Unknown)),
            ("Background", Some(Unpainted::Background)),
            ("", None), // return alone is no answer: there is no default
            ("3", None),
        ];
        for (answer, expected) in table {
            assert_eq!(understand(answer), expected, "{answer}");
        }
    }
}
