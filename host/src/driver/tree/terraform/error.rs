//! Why a root cannot be printed.

/// What the printer refuses. Most of it was refused before, by authorisation; here it is the printer's own
/// guarantee that its output means what was authorised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TerraformError {
    #[error(
        "`{0}` cannot be required: a provider has a plain source and version, and no other has its name"
    )]
    Provider(String),
    #[error("`{0}` is not the name of a Terraform type, block or attribute")]
    Name(String),
    #[error("`{0}` stands twice in the root")]
    Twice(String),
    #[error(
        "`{name}` in {block} is a meta-argument; only `depends-on` and `lifecycle` can be proposed"
    )]
    MetaArgument { block: String, name: String },
    #[error("{0} refers to a block that the root does not have")]
    NoSuchBlock(String),
    #[error("{token} has format {format}, which can only be a whole value")]
    NotEmbeddable { token: String, format: String },
    #[error(
        "{0} names a part that the fact's format does not have, or that cannot be written in Terraform"
    )]
    Pointer(String),
    #[error("a text at {0} holds characters that Terraform would change or that are not shown")]
    Text(String),
}
