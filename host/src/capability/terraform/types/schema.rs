//! What a table says about a Terraform type.

use crate::capability::Risk;
use crate::capability::iam::PolicyKind;
use crate::fact::Format;

/// A type that the host knows.
#[derive(Clone, Copy, Debug)]
pub struct TypePolicy {
    /// `aws_vpc`.
    pub name: &'static str,
    /// The class of using the type at all.
    pub risk: Risk,
    /// What a body may hold; nothing else may be in it.
    pub attributes: &'static [Attribute],
    /// Nested blocks.
    pub blocks: &'static [Block],
    /// Values that tokens may read, besides plain and target attributes.
    pub exports: &'static [Export],
}

/// An attribute that a body may set.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    pub name: &'static str,
    pub shape: Shape,
    pub class: Class,
    /// It has to be stated. Also where Terraform has a default that means something of somebody
    /// else's, or something insecure.
    pub required: bool,
}

/// A nested block: one object, or a list of them.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub name: &'static str,
    pub attributes: &'static [Attribute],
    pub blocks: &'static [Block],
    pub required: bool,
}

/// The shape of an attribute's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    Number,
    Flag,
    /// A list or set of texts.
    Texts,
    /// A map of texts, with keys of the author's.
    TextMap,
}

/// What setting an attribute can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Class {
    /// Nothing but what the type says.
    Plain,
    /// Plain, and without tokens: what is authorised, or what the approver has to see.
    Literal,
    /// The identity of other infrastructure: a token of a block of the root that is one of these
    /// types, a fact, or a literal that the grant lists.
    Target {
        kinds: &'static [&'static str],
        /// Whether a literal is granted by its exact text only.
        risk: Risk,
    },
    /// An IAM policy, as a JSON object.
    Policy(PolicyKind),
    /// Plain for some values, power for the others.
    Guarded(Guard),
    /// Text that something else runs.
    Code,
    /// Makes a more powerful party act.
    Deputy,
    /// A file of the machine that Terraform runs on. Never allowed.
    Path,
    /// A secret, which would lie in clear text in plan and state. Never allowed.
    Secret,
}

/// Which values of an attribute are plain. All guarded attributes are literal, except blocks of
/// addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// An address block within the private ranges. A token is plain: its value is a block that a
    /// stage provides.
    PrivateBlock,
    /// `true`: the attribute protects.
    True,
    /// `false`: the attribute opens or destroys.
    False,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// The name of a service of AWS itself, not of somebody's endpoint service.
    AwsService,
}

/// A value that tokens may read.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    pub name: &'static str,
    pub format: ExportFormat,
    /// The type that the value identifies a resource of; `None` for a value that only tells something.
    pub identifies: Option<&'static str>,
    /// What separates the value from the name of something inside, `/` for a bucket's ARN. Empty
    /// when nothing is inside.
    pub inside: &'static str,
    /// The value is a secret: only a sensitive output may hold it.
    pub secret: bool,
}

/// [`Format`] in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    AwsId,
    Arn,
    Cidr,
    DnsName,
    Text,
    Number,
    Boolean,
    AwsIds,
    Texts,
    TextMap,
}

impl TypePolicy {
    /// A type of some class, without anything in it.
    pub const fn new(name: &'static str, risk: Risk) -> Self {
        Self {
            name,
            risk,
            attributes: &[],
            blocks: &[],
            exports: &[],
        }
    }

    pub const fn attributes(self, attributes: &'static [Attribute]) -> Self {
        Self { attributes, ..self }
    }

    pub const fn blocks(self, blocks: &'static [Block]) -> Self {
        Self { blocks, ..self }
    }

    pub const fn exports(self, exports: &'static [Export]) -> Self {
        Self { exports, ..self }
    }

    /// The attribute of a body's top level.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// What a token reads. An attribute that is plain or a target can be read back as it was set.
    pub fn export(&self, name: &str) -> Option<Export> {
        let declared = self
            .exports
            .iter()
            .find(|export| export.name == name)
            .copied();
        declared.or_else(|| {
            let attribute = self.attribute(name)?;
            let readable = matches!(
                attribute.class,
                Class::Plain | Class::Literal | Class::Target { .. } | Class::Guarded(_)
            );
            readable.then_some(Export {
                name: attribute.name,
                format: attribute.shape.export(),
                identifies: None,
                inside: "",
                secret: false,
            })
        })
    }
}

impl Shape {
    const fn export(self) -> ExportFormat {
        match self {
            Self::Text => ExportFormat::Text,
            Self::Number => ExportFormat::Number,
            Self::Flag => ExportFormat::Boolean,
            Self::Texts => ExportFormat::Texts,
            Self::TextMap => ExportFormat::TextMap,
        }
    }

    /// For messages.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Texts => "a list of texts",
            Self::TextMap => "a map of texts",
        }
    }
}

impl ExportFormat {
    pub fn format(self) -> Format {
        match self {
            Self::AwsId => Format::AwsId,
            Self::Arn => Format::Arn,
            Self::Cidr => Format::Cidr,
            Self::DnsName => Format::DnsName,
            Self::Text => Format::Text,
            Self::Number => Format::Number,
            Self::Boolean => Format::Boolean,
            Self::AwsIds => Format::List(Box::new(Format::AwsId)),
            Self::Texts => Format::List(Box::new(Format::Text)),
            Self::TextMap => Format::Map(Box::new(Format::Text)),
        }
    }
}

// The words that the tables are written in.

const fn attribute(name: &'static str, shape: Shape) -> Attribute {
    Attribute {
        name,
        shape,
        class: Class::Plain,
        required: false,
    }
}

pub(super) const fn text(name: &'static str) -> Attribute {
    attribute(name, Shape::Text)
}

pub(super) const fn number(name: &'static str) -> Attribute {
    attribute(name, Shape::Number)
}

pub(super) const fn flag(name: &'static str) -> Attribute {
    attribute(name, Shape::Flag)
}

pub(super) const fn texts(name: &'static str) -> Attribute {
    attribute(name, Shape::Texts)
}

pub(super) const fn text_map(name: &'static str) -> Attribute {
    attribute(name, Shape::TextMap)
}

/// `tags`, which every type that has them has alike.
pub(super) const TAGS: Attribute = text_map("tags");

/// A text that identifies a resource of one of the types.
pub(super) const fn target(name: &'static str, kinds: &'static [&'static str]) -> Attribute {
    text(name).class(Class::Target {
        kinds,
        risk: Risk::Plain,
    })
}

/// A list of texts that each identify a resource of one of the types.
pub(super) const fn targets(name: &'static str, kinds: &'static [&'static str]) -> Attribute {
    texts(name).class(Class::Target {
        kinds,
        risk: Risk::Plain,
    })
}

/// A target whose literals are granted by their exact text only: what it names hands out permissions.
pub(super) const fn power_target(name: &'static str, kinds: &'static [&'static str]) -> Attribute {
    text(name).class(Class::Target {
        kinds,
        risk: Risk::Power,
    })
}

pub(super) const fn power_targets(name: &'static str, kinds: &'static [&'static str]) -> Attribute {
    texts(name).class(Class::Target {
        kinds,
        risk: Risk::Power,
    })
}

/// An IAM policy.
pub(super) const fn policy(name: &'static str, kind: PolicyKind) -> Attribute {
    text(name).class(Class::Policy(kind))
}

impl Attribute {
    pub(super) const fn class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    pub(super) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    pub(super) const fn literal(self) -> Self {
        self.class(Class::Literal)
    }

    pub(super) const fn guarded(self, guard: Guard) -> Self {
        self.class(Class::Guarded(guard))
    }

    pub(super) const fn code(self) -> Self {
        self.class(Class::Code)
    }

    pub(super) const fn deputy(self) -> Self {
        self.class(Class::Deputy)
    }

    pub(super) const fn path(self) -> Self {
        self.class(Class::Path)
    }

    pub(super) const fn secret(self) -> Self {
        self.class(Class::Secret)
    }
}

pub(super) const fn block(name: &'static str, attributes: &'static [Attribute]) -> Block {
    Block {
        name,
        attributes,
        blocks: &[],
        required: false,
    }
}

impl Block {
    pub(super) const fn with(self, blocks: &'static [Block]) -> Self {
        Self { blocks, ..self }
    }

    pub(super) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }
}

/// `timeouts` of types that can be slow.
pub(super) const TIMEOUTS: Block = block(
    "timeouts",
    &[text("create").literal(), text("delete").literal()],
);

const fn export(name: &'static str, format: ExportFormat) -> Export {
    Export {
        name,
        format,
        identifies: None,
        inside: "",
        secret: false,
    }
}

/// An identifier that AWS makes.
pub(super) const fn id(name: &'static str) -> Export {
    export(name, ExportFormat::AwsId)
}

pub(super) const fn arn(name: &'static str) -> Export {
    export(name, ExportFormat::Arn)
}

pub(super) const fn cidr(name: &'static str) -> Export {
    export(name, ExportFormat::Cidr)
}

pub(super) const fn dns_name(name: &'static str) -> Export {
    export(name, ExportFormat::DnsName)
}

/// A name of the author's, or any other text.
pub(super) const fn name(name: &'static str) -> Export {
    export(name, ExportFormat::Text)
}

pub(super) const fn ids(name: &'static str) -> Export {
    export(name, ExportFormat::AwsIds)
}

impl Export {
    /// It identifies a resource of the type.
    pub(super) const fn of(self, kind: &'static str) -> Self {
        Self {
            identifies: Some(kind),
            ..self
        }
    }

    pub(super) const fn inside(self, inside: &'static str) -> Self {
        Self { inside, ..self }
    }

    pub(super) const fn as_secret(self) -> Self {
        Self {
            secret: true,
            ..self
        }
    }
}

impl Export {
    /// A value that the host knows nothing of.
    pub(in crate::capability::terraform) const fn unknown() -> Self {
        export("", ExportFormat::Text)
    }
}
