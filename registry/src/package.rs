//! A package: one WebAssembly component that carries its metadata in a custom section.
//!
//! A file, a layer in a registry and an entry of a bundle are the same bytes. Reading a package
//! says nothing about trust: [`verify`](crate::verify()) does.

mod manifest;
mod metadata;
mod section;

pub use manifest::{Manifest, ManifestError};
pub use metadata::{Metadata, MetadataError};
pub use section::SECTION;

/// The largest component, in bytes: 32 MiB.
pub const COMPONENT_MAX: usize = 32 << 20;

/// A component's metadata, as the component itself gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    metadata: Metadata,
}

/// Why bytes are not a package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Larger than what is read.
    #[error("the component has {actual} bytes; at most {COMPONENT_MAX} are read")]
    TooLarge {
        /// The size in bytes.
        actual: usize,
    },
    /// A core module, or something else.
    #[error(
        "this is not a WebAssembly component; build for `wasm32-unknown-unknown` and encode the module with `wit-component`"
    )]
    NotAComponent,
    /// Damaged or truncated.
    #[error("the component is damaged at byte {offset}: {message}")]
    Damaged {
        /// Where, in bytes.
        offset: u64,
        /// What the WebAssembly reader said.
        message: String,
    },
    /// Components within components, further than a compiler makes them.
    #[error("modules and components are nested more than {max} levels deep", max = section::DEPTH)]
    TooDeep,
    /// No metadata section.
    #[error(
        "the component has no `{SECTION}` section; make a package of it with `aegis plugin package`"
    )]
    NoMetadata,
    /// Two metadata sections: two readers would see two plugins.
    #[error(
        "the component has more than one `{SECTION}` section; package it again from the compiler's output"
    )]
    TwoSections,
    /// A metadata section of a nested module or component.
    #[error(
        "a module or component within the component has a `{SECTION}` section; only the outermost may have one"
    )]
    NestedSection,
    /// It has metadata already.
    #[error("the component is packaged already; package the compiler's output instead")]
    Packaged,
    /// The metadata is not what it must be.
    #[error("the component's `{SECTION}` section is not valid: {0}")]
    Metadata(#[from] MetadataError),
}

impl Package {
    /// Appends the metadata to a component that has none and gives the bytes to be signed.
    pub fn embed(component: &[u8], metadata: &Metadata) -> Result<Vec<u8>, PackageError> {
        match section::find(component) {
            Err(PackageError::NoMetadata) => {}
            Ok(_) => return Err(PackageError::Packaged),
            Err(error) => return Err(error),
        }
        let packaged = section::append(component, &metadata.to_bytes()?);
        // What is written is what the reader accepts, caps and canonical form included.
        Self::read(&packaged)?;
        Ok(packaged)
    }

    /// Reads the metadata of a component: to show it, never to trust it.
    pub fn read(component: &[u8]) -> Result<Self, PackageError> {
        let metadata = Metadata::from_bytes(section::find(component)?)?;
        Ok(Self { metadata })
    }

    /// The metadata.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The metadata on its own.
    pub fn into_metadata(self) -> Metadata {
        self.metadata
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{component, metadata};

    #[test]
    fn embedded_metadata_is_read_back() {
        let packaged = Package::embed(&component("(component)"), &metadata()).unwrap();
        assert_eq!(*Package::read(&packaged).unwrap().metadata(), metadata());
        let again = Package::embed(&component("(component)"), &metadata()).unwrap();
        assert_eq!(packaged, again);
    }

    #[test]
    fn a_packaged_component_is_not_packaged_again() {
        let packaged = Package::embed(&component("(component)"), &metadata()).unwrap();
        assert!(matches!(
            Package::embed(&packaged, &metadata()),
            Err(PackageError::Packaged)
        ));
    }

    #[test]
    fn a_core_module_is_not_a_component() {
        for text in ["(module)", "(module (func))"] {
            assert!(matches!(
                Package::embed(&component(text), &metadata()),
                Err(PackageError::NotAComponent)
            ));
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let packaged = Package::embed(&component("(component)"), &metadata()).unwrap();
        for length in 0..packaged.len() {
            assert!(Package::read(&packaged[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_component_over_the_cap_is_refused_unread() {
        let large = vec![0; COMPONENT_MAX + 1];
        assert!(matches!(
            Package::read(&large),
            Err(PackageError::TooLarge { .. })
        ));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Package::read(&bytes).is_err());
        }

        #[test]
        fn no_damage_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let text = "(component (core module (func)) (component))";
            let mut packaged = Package::embed(&component(text), &metadata()).unwrap();
            let at = at.index(packaged.len());
            packaged[at] = byte;
            let _ = Package::read(&packaged);
        }
    }
}
