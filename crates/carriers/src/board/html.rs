//! The page for a browser. It loads nothing and runs nothing: it may be opened anywhere, also years from now.

use super::{lists, next, period, standing, title, trend};
use std::fmt::Write as _;
use vault::{BoardPaper, Measure};

const STYLE: &str = "body{font:16px/1.45 system-ui,sans-serif;color:#1a1d21;background:#fff;max-width:46rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}.lead{color:#4a5058;margin:.2rem 0 1rem}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .5rem;border-bottom:1px solid #d5d9de}\
.beyond{color:#9b1c1c;font-weight:600}.late{border-left:4px solid #9b1c1c;padding:.2rem .8rem}footer{margin-top:2rem;color:#4a5058}\
@media print{@page{size:A4;margin:18mm}body{margin:0;max-width:none;font-size:11pt}tr{break-inside:avoid}}";

pub(super) fn page(paper: &BoardPaper) -> String {
    let (title, company) = (escaped(&title(paper)), escaped(&paper.company));
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1><p class=\"lead\">{company}, {}</p>",
        escaped(&period(paper))
    );
    if paper.late {
        page.push_str("<p class=\"late\"><strong>This was made later than it was due.</strong></p>");
    }
    if !paper.measures.is_empty() {
        page.push_str("<h2>Measures</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Measures\"><table><thead><tr><th scope=\"col\">Measure</th><th scope=\"col\">Now</th><th scope=\"col\">Should be</th><th scope=\"col\">Stands</th><th scope=\"col\">Trend</th></tr></thead><tbody>");
        paper.measures.iter().for_each(|measure| row(&mut page, measure));
        page.push_str("</tbody></table></div>");
    }
    for (heading, items, empty) in lists(paper) {
        // Writing to a string can't fail.
        let _ = write!(page, "<h2>{heading}</h2>");
        let shown: String = items.iter().map(|item| format!("<li>{}</li>", escaped(item))).collect();
        page.push_str(&if items.is_empty() { format!("<p>{empty}</p>") } else { format!("<ul>{shown}</ul>") });
    }
    let _ = write!(page, "</main><footer><p>{}</p></footer></body></html>", escaped(&next(paper)));
    page
}

fn row(page: &mut String, measure: &Measure) {
    let stands = standing(measure);
    let class = if stands == "beyond" { " class=\"beyond\"" } else { "" };
    let [label, said, threshold, trend] =
        [&measure.label, &measure.said, &measure.threshold, &trend(measure)].map(|text| escaped(text));
    let _ = write!(
        page,
        "<tr><th scope=\"row\">{label}</th><td>{said}</td><td>{threshold}</td><td{class}>{stands}</td><td>{trend}</td></tr>"
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_is_text() {
        let mut paper = BoardPaper::sample();
        paper.incidents = vec!["<script>alert(1)</script> & more".to_owned()];
        let page = page(&paper);
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more") && !page.contains("<script"));
        assert!(page.contains("not measured: no pack was built") && page.contains("Report 3 to the board"));
    }
}
