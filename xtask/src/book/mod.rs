//! Checks the book in `docs/`: its table of contents and the links of its pages. mdBook itself
//! renders a page that nobody can reach, and a link to nothing, without a word.

mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::workspace::{Workspace, files_below, list};
use page::Page;

/// How much was looked at.
#[derive(Debug, PartialEq, Eq)]
pub struct Checked {
    pub pages: usize,
    pub links: usize,
}

/// Checks the book and the Markdown files at the root of the repository.
pub fn check(workspace: &Workspace) -> Result<Checked, Error> {
    let mut files: BTreeSet<PathBuf> = list(workspace.root())?
        .into_iter()
        .filter(|path| is_markdown(path) && path.is_file())
        .collect();
    let book = workspace.path("docs");
    let source = source_folder(&book);
    let in_book: BTreeSet<PathBuf> = files_below(&source, &[])?
        .into_iter()
        .filter(|path| is_markdown(path))
        .collect();
    files.extend(in_book.iter().cloned());

    let mut pages = BTreeMap::new();
    for file in &files {
        let text = fs::read_to_string(file).map_err(Error::file(file))?;
        pages.insert(file.clone(), Page::parse(&text));
    }

    let mut mistakes = contents(&source.join("SUMMARY.md"), &pages, &in_book);
    for (file, page) in &pages {
        mistakes.extend(links(file, page, &pages));
    }
    if mistakes.is_empty() {
        return Ok(Checked {
            pages: pages.len(),
            links: pages.values().map(|page| page.links.len()).sum(),
        });
    }
    let list: Vec<String> = mistakes
        .iter()
        .map(|mistake| mistake.describe(workspace))
        .collect();
    Err(Error::Book {
        count: list.len(),
        list: list.join("\n"),
    })
}

#[derive(Debug, PartialEq, Eq)]
struct Mistake {
    file: PathBuf,
    /// Counted from 1; 0 for the file as a whole.
    line: usize,
    what: String,
}

impl Mistake {
    fn describe(&self, workspace: &Workspace) -> String {
        let file = workspace.shown(&self.file);
        match self.line {
            0 => format!("  {file}: {}", self.what),
            line => format!("  {file}:{line}: {}", self.what),
        }
    }
}

fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// Where the pages are: `src` of `book.toml`, which is `src` unless it says otherwise.
fn source_folder(book: &Path) -> PathBuf {
    let settings = fs::read_to_string(book.join("book.toml")).unwrap_or_default();
    let named = settings.lines().find_map(|line| {
        let value = line.trim().strip_prefix("src")?.trim().strip_prefix('=')?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned())
    });
    book.join(named.as_deref().unwrap_or("src"))
}

/// Every page is in the table of contents, once.
fn contents(
    summary: &Path,
    pages: &BTreeMap<PathBuf, Page>,
    in_book: &BTreeSet<PathBuf>,
) -> Vec<Mistake> {
    let mistake = |line, what| Mistake {
        file: summary.to_owned(),
        line,
        what,
    };
    let Some(page) = pages.get(summary) else {
        return vec![mistake(
            0,
            "missing: it is the book's table of contents".to_owned(),
        )];
    };
    let mut mistakes = Vec::new();
    let mut listed = BTreeSet::from([summary.to_owned()]);
    for link in &page.links {
        // A chapter without a page is a draft: mdBook shows it as a title without a link.
        if link.target.is_empty() {
            continue;
        }
        let path = resolve(summary, &link.target);
        if in_book.contains(&path) && !listed.insert(path) {
            mistakes.push(mistake(
                link.line,
                format!("`{}` is listed twice", link.target),
            ));
        }
    }
    for path in in_book.difference(&listed) {
        let name = path
            .strip_prefix(summary.parent().unwrap_or(summary))
            .unwrap_or(path);
        mistakes.push(mistake(0, format!("`{}` is not listed", name.display())));
    }
    mistakes
}

/// Every link to a file leads to one, and every link to a heading too.
fn links(file: &Path, page: &Page, pages: &BTreeMap<PathBuf, Page>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for link in &page.links {
        if link.target.is_empty() || is_elsewhere(&link.target) {
            continue;
        }
        let mut complain = |what: String| {
            mistakes.push(Mistake {
                file: file.to_owned(),
                line: link.line,
                what,
            });
        };
        let (path, anchor) = match link.target.split_once('#') {
            Some((path, anchor)) => (path, Some(anchor)),
            None => (link.target.as_str(), None),
        };
        if path.starts_with('/') {
            complain(format!(
                "`{}` starts at the root of a site that is not known",
                link.target
            ));
            continue;
        }
        let target = if path.is_empty() {
            file.to_owned()
        } else {
            resolve(file, path)
        };
        if !target.exists() {
            complain(format!("`{}` does not exist", link.target));
        } else if let (Some(anchor), Some(page)) = (anchor, pages.get(&target))
            && !page.anchors.contains(anchor)
        {
            complain(format!("`{}`: no such heading", link.target));
        }
    }
    mistakes
}

/// A link with a scheme: `https://…`, `mailto:…`.
fn is_elsewhere(target: &str) -> bool {
    target.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
    })
}

/// The file that a link in another file leads to, with `.` and `..` worked out.
fn resolve(file: &Path, target: &str) -> PathBuf {
    let mut path = file.parent().unwrap_or(file).to_owned();
    for component in Path::new(target).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let workspace = Workspace::at(folder.path());
        (folder, workspace)
    }

    fn mistakes(files: &[(&str, &str)]) -> String {
        let (_folder, workspace) = repository(files);
        match check(&workspace) {
            Ok(_) => String::new(),
            Err(Error::Book { list, .. }) => list,
            Err(other) => other.to_string(),
        }
    }

    #[test]
    fn a_book_whose_pages_and_links_agree_is_accepted() {
        let (_folder, workspace) = repository(&[
            (
                "README.md",
                "[book](docs/src/start.md#first-steps) [site](https://x.io)",
            ),
            (
                "docs/src/SUMMARY.md",
                "# Summary\n- [Start](start.md)\n- [Later]()\n",
            ),
            (
                "docs/src/start.md",
                "# Start\n## First steps\n[up](#start) [me](../../README.md)\n\
                 `[code](nowhere.md)`\n```\n[code](nowhere.md)\n```\n",
            ),
        ]);
        assert_eq!(
            check(&workspace).expect("no mistake"),
            Checked { pages: 3, links: 6 }
        );
    }

    #[test]
    fn a_page_that_nobody_can_reach_is_a_mistake() {
        let list = mistakes(&[
            (
                "docs/src/SUMMARY.md",
                "- [Start](start.md)\n- [Again](./start.md)\n",
            ),
            ("docs/src/start.md", "# Start"),
            ("docs/src/part/hidden.md", "# Hidden"),
        ]);
        assert_eq!(
            list,
            "  docs/src/SUMMARY.md:2: `./start.md` is listed twice\n  \
             docs/src/SUMMARY.md: `part/hidden.md` is not listed"
        );
    }

    #[test]
    fn a_link_to_nothing_is_a_mistake_with_its_line() {
        for (link, expected) in [
            ("missing.md", "`missing.md` does not exist"),
            ("#nowhere", "`#nowhere`: no such heading"),
            ("other.md#nowhere", "`other.md#nowhere`: no such heading"),
            ("../../missing", "`../../missing` does not exist"),
            (
                "/start.html",
                "`/start.html` starts at the root of a site that is not known",
            ),
        ] {
            let list = mistakes(&[
                (
                    "docs/src/SUMMARY.md",
                    "- [Start](start.md)\n- [Other](other.md)\n",
                ),
                (
                    "docs/src/start.md",
                    &format!("# Start\n\nSee [it]({link}).\n"),
                ),
                ("docs/src/other.md", "# Other"),
            ]);
            assert_eq!(list, format!("  docs/src/start.md:3: {expected}"));
        }
    }

    #[test]
    fn a_chapter_without_its_file_is_a_mistake() {
        let list = mistakes(&[("docs/src/SUMMARY.md", "- [Start](start.md)\n")]);
        assert_eq!(list, "  docs/src/SUMMARY.md:1: `start.md` does not exist");
    }

    #[test]
    fn the_pages_lie_where_the_settings_say() {
        let list = mistakes(&[
            ("docs/book.toml", "[book]\ntitle = \"x\"\nsrc = \"pages\"\n"),
            ("docs/pages/start.md", "# Start"),
        ]);
        assert_eq!(
            list,
            "  docs/pages/SUMMARY.md: missing: it is the book's table of contents"
        );
    }
}
