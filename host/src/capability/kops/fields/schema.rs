//! What a table says about a field of kOps.

use crate::capability::Risk;

/// Fields below one path.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// `spec.kubelet`; lists on the way are not written.
    pub at: &'static str,
    /// Set when the section is granted as one, by its own path and with this class: its fields mean
    /// nothing each by itself.
    pub whole: Option<Risk>,
    pub fields: &'static [Field],
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name, or a dotted path below the section.
    pub name: &'static str,
    pub shape: Shape,
    pub rule: Rule,
    /// Whether a token may stand in its value. Names, roles, types and whatever is run are literal.
    pub tokens: bool,
}

/// The shape of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    Number,
    Flag,
    /// A Kubernetes quantity: a text or a number.
    Quantity,
    Texts,
    /// A map of texts, numbers and flags, with keys of the author's.
    Map,
    /// A map without keys, whose presence means something.
    Empty,
    /// A list of IAM statements; kOps wants them as text, which the host prints.
    Statements,
    /// A map from roles of instances to lists of IAM statements.
    StatementsByRole,
    /// A list of ARNs of IAM policies.
    Policies,
    /// A map from roles of instances to lists of ARNs of IAM policies.
    PoliciesByRole,
    /// An image of machines or containers.
    Image,
}

/// What a field may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Any value, with this class.
    Any(Risk),
    /// These values have the first class; others have the second, or are never allowed.
    Guarded {
        values: Values,
        risk: Risk,
        otherwise: Otherwise,
    },
    /// The host writes it.
    Host,
    /// Nobody may set it, for this reason.
    Never(&'static str),
}

/// What holds for other values of a guarded field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Otherwise {
    /// They open or leave unprotected: power.
    Exposing,
    /// Nobody may set them, for this reason.
    Never(&'static str),
}

/// Values of a guarded field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values {
    True,
    False,
    Zero,
    One,
    OneOf(&'static [&'static str]),
    /// Texts that begin like this.
    Beginning(&'static str),
    /// Address blocks within the private ranges. Blocks so wide that they are the internet are
    /// never allowed.
    PrivateBlocks,
}

pub(super) const fn section(at: &'static str, fields: &'static [Field]) -> Section {
    Section {
        at,
        whole: None,
        fields,
    }
}

/// A section that is granted as one.
pub(super) const fn whole(at: &'static str, risk: Risk, fields: &'static [Field]) -> Section {
    Section {
        at,
        whole: Some(risk),
        fields,
    }
}

const fn field(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        rule: Rule::Any(Risk::Plain),
        tokens: false,
    }
}

pub(super) const fn text(name: &'static str) -> Field {
    field(name, Shape::Text)
}

pub(super) const fn number(name: &'static str) -> Field {
    field(name, Shape::Number)
}

pub(super) const fn flag(name: &'static str) -> Field {
    field(name, Shape::Flag)
}

pub(super) const fn quantity(name: &'static str) -> Field {
    field(name, Shape::Quantity)
}

pub(super) const fn texts(name: &'static str) -> Field {
    field(name, Shape::Texts)
}

pub(super) const fn map(name: &'static str) -> Field {
    field(name, Shape::Map)
}

pub(super) const fn empty(name: &'static str) -> Field {
    field(name, Shape::Empty)
}

/// An image is code.
pub(super) const fn image(name: &'static str) -> Field {
    field(name, Shape::Image).risk(Risk::Code)
}

pub(super) const fn shaped(name: &'static str, shape: Shape) -> Field {
    field(name, shape)
}

/// A field that the host writes.
pub(super) const fn host(name: &'static str) -> Field {
    field(name, Shape::Text).rule(Rule::Host)
}

/// A field that nobody may set.
pub(super) const fn never(name: &'static str, reason: &'static str) -> Field {
    field(name, Shape::Text).rule(Rule::Never(reason))
}

impl Field {
    const fn rule(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }

    pub(super) const fn risk(self, risk: Risk) -> Self {
        self.rule(Rule::Any(risk))
    }

    pub(super) const fn power(self) -> Self {
        self.risk(Risk::Power)
    }

    pub(super) const fn code(self) -> Self {
        self.risk(Risk::Code)
    }

    /// Plain for these values, power for others.
    pub(super) const fn plain_if(self, values: Values) -> Self {
        self.rule(Rule::Guarded {
            values,
            risk: Risk::Plain,
            otherwise: Otherwise::Exposing,
        })
    }

    /// Plain for these values, never anything else.
    pub(super) const fn only(self, values: Values, reason: &'static str) -> Self {
        self.rule(Rule::Guarded {
            values,
            risk: Risk::Plain,
            otherwise: Otherwise::Never(reason),
        })
    }

    /// Power for these values, never anything else.
    pub(super) const fn power_only(self, values: Values, reason: &'static str) -> Self {
        self.rule(Rule::Guarded {
            values,
            risk: Risk::Power,
            otherwise: Otherwise::Never(reason),
        })
    }

    pub(super) const fn tokens(self) -> Self {
        Self {
            tokens: true,
            ..self
        }
    }
}
