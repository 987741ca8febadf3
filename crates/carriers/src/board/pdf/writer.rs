//! A PDF file in bytes (ISO 32000-1): catalogue, pages, two fonts, and where each object lies.

use super::layout::PAGE;

/// Text as a string's content in `WinAnsiEncoding`; a letter that isn't in it is a question mark.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(letter).collect()
}

fn letter(letter: char) -> String {
    let code = match letter {
        '(' | ')' | '\\' => return format!("\\{letter}"),
        ' '..='~' => return letter.to_string(),
        '\u{a0}'..='\u{ff}' => u32::from(letter),
        '\u{20ac}' => 0x80,
        '\u{2026}' => 0x85,
        '\u{2018}' => 0x91,
        '\u{2019}' => 0x92,
        '\u{201c}' => 0x93,
        '\u{201d}' => 0x94,
        '\u{2022}' => 0x95,
        '\u{2013}' => 0x96,
        '\u{2014}' => 0x97,
        _ => return "?".to_owned(),
    };
    format!("\\{code:03o}")
}

/// The file of these pages' contents.
pub(super) fn file(title: &str, pages: &[String]) -> Vec<u8> {
    const FIRST_PAGE: usize = 6;
    let kids: Vec<String> = (0..pages.len()).map(|at| format!("{} 0 R", FIRST_PAGE + 2 * at)).collect();
    let font = |name: &str| format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>");
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >> >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        font("Helvetica"),
        font("Helvetica-Bold"),
        format!("<< /Title ({}) >>", shown(title)),
    ];
    for (at, content) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Contents {} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
            PAGE.0,
            PAGE.1,
            FIRST_PAGE + 2 * at + 1
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}endstream", content.len()));
    }
    let mut out = "%PDF-1.7\n".to_owned();
    let mut places = Vec::with_capacity(objects.len());
    for (at, object) in objects.iter().enumerate() {
        places.push(format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let (start, size) = (out.len(), objects.len() + 1);
    out.push_str(&format!(
        "xref\n0 {size}\n0000000000 65535 f \n{}trailer\n<< /Size {size} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{start}\n%%EOF\n",
        places.concat()
    ));
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_string() {
        assert_eq!(shown("a) Tj (b\\"), "a\\) Tj \\(b\\\\");
        assert_eq!(shown("Müller’s – 一\n"), "M\\374ller\\222s \\226 ??");
        assert!(shown("\u{7f}\u{0}").chars().all(|letter| letter == '?'));
    }

    #[test]
    fn each_object_lies_where_the_table_says() {
        let file = String::from_utf8(file("A title", &["BT ET\n".to_owned(), "BT ET\n".to_owned()])).unwrap();
        let table = file.rsplit_once("xref\n0 10\n").unwrap().1;
        for (number, line) in table.lines().take(10).enumerate().skip(1) {
            let at: usize = line[..10].parse().unwrap();
            assert!(file[at..].starts_with(&format!("{number} 0 obj\n")), "{number}");
        }
        let start: usize = file.trim_end().trim_end_matches("\n%%EOF").rsplit('\n').next().unwrap().parse().unwrap();
        assert!(file[start..].starts_with("xref\n"));
    }
}
