//! Where the operator's own things lie: keys, trust, caches. Never in a stack's repository.

use std::path::{Path, PathBuf};

/// The operator's folders.
///
/// With `AEGIS_HOME` set, everything lies below it (`config`, `data`, `cache`); otherwise the XDG base
/// directories are followed: `$XDG_CONFIG_HOME/aegis`, `$XDG_DATA_HOME/aegis`, `$XDG_CACHE_HOME/aegis`.
#[derive(Clone, Debug)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
    cache: PathBuf,
}

/// Why there is no place for the operator's files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "neither AEGIS_HOME nor HOME is set to an absolute path, so there is no place for keys and trust"
)]
pub struct NoHome;

impl Home {
    /// Finds the folders from environment variables. Relative paths are ignored, as the XDG
    /// specification demands: they would depend on where the command runs.
    pub fn find(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, NoHome> {
        let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
        if let Some(home) = absolute("AEGIS_HOME") {
            return Ok(Self::below(&home));
        }
        let folder = |name: &str, fallback: &str| {
            absolute(name)
                .or_else(|| Some(absolute("HOME")?.join(fallback)))
                .map(|base| base.join("aegis"))
        };
        Ok(Self {
            config: folder("XDG_CONFIG_HOME", ".config").ok_or(NoHome)?,
            data: folder("XDG_DATA_HOME", ".local/share").ok_or(NoHome)?,
            cache: folder("XDG_CACHE_HOME", ".cache").ok_or(NoHome)?,
        })
    }

    /// Everything below one folder.
    pub fn below(home: &Path) -> Self {
        Self {
            config: home.join("config"),
            data: home.join("data"),
            cache: home.join("cache"),
        }
    }

    /// Whom the operator trusts.
    pub fn trust_file(&self) -> PathBuf {
        self.config.join("trust.toml")
    }

    /// The operator's chart catalogue; may be absent.
    pub fn catalogue_file(&self) -> PathBuf {
        self.config.join("catalogue.toml")
    }

    /// The operator's and publisher's signing keys.
    pub fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// What no plugin, state writer or cache writer may reach: MAC keys and high-water marks.
    pub fn private(&self) -> PathBuf {
        self.data.join("private")
    }

    /// The key under which compiled code is cached.
    pub fn cache_key(&self) -> PathBuf {
        self.private().join("code-cache.key")
    }

    /// Compiled code.
    pub fn code_cache(&self) -> PathBuf {
        self.cache.join("code")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(variables: &[(&str, &str)]) -> Result<Home, NoHome> {
        Home::find(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.into())
        })
    }

    #[test]
    fn aegis_home_holds_everything() {
        let home = find(&[("AEGIS_HOME", "/a"), ("HOME", "/h")]).unwrap();
        assert_eq!(home.trust_file(), Path::new("/a/config/trust.toml"));
        assert_eq!(
            home.cache_key(),
            Path::new("/a/data/private/code-cache.key")
        );
    }

    #[test]
    fn otherwise_the_base_directories_are_followed() {
        let home = find(&[
            ("HOME", "/h"),
            ("XDG_CACHE_HOME", "/c"),
            ("XDG_DATA_HOME", "relative"),
        ])
        .unwrap();
        assert_eq!(home.code_cache(), Path::new("/c/aegis/code"));
        assert_eq!(home.keys(), Path::new("/h/.local/share/aegis/keys"));
    }

    #[test]
    fn no_home_is_an_error() {
        assert_eq!(find(&[("HOME", "here")]).unwrap_err(), NoHome);
    }
}
