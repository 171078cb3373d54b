//! Terraform roots.
//!
//! ```
//! use aegis_plugin::terraform::{self, Root};
//! use serde_json::json;
//!
//! let root = Root::new("network-use1", "us-east-1")
//!     .provider("hashicorp/aws", ">= 5.100.0, < 7.0.0")
//!     .resource(terraform::resource("aws_vpc", "main", json!({ "cidr_block": "10.0.0.0/16" })))
//!     .resource(
//!         terraform::resource("aws_internet_gateway", "main", json!({
//!             "vpc_id": terraform::reference("aws_vpc", "main", "id"),
//!         }))
//!         .depends_on("aws_vpc", "main"),
//!     )
//!     .output("vpc-id", terraform::reference("aws_vpc", "main", "id"));
//! assert_eq!(root.outputs[0].value, r#""@{resource:aws_vpc.main.id}""#);
//! ```

use serde_json::Value;

use crate::bindings::shared::changes::{
    TerraformData, TerraformLifecycle, TerraformOutput, TerraformProvider,
};

pub use crate::bindings::shared::changes::{TerraformResource as Resource, TerraformRoot as Root};

impl Root {
    /// A root without providers. Its name is an identifier, unique in the stack: that of its folder
    /// and of its state.
    pub fn new(root: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            root: root.into(),
            region: region.into(),
            providers: Vec::new(),
            resources: Vec::new(),
            data: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Adds a provider, for example `hashicorp/aws`, with a version constraint.
    pub fn provider(mut self, source: impl Into<String>, version: impl Into<String>) -> Self {
        self.providers.push(TerraformProvider {
            source: source.into(),
            version: version.into(),
        });
        self
    }

    /// Adds a resource; see [`resource`].
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Adds resources.
    pub fn resources(mut self, resources: impl IntoIterator<Item = Resource>) -> Self {
        self.resources.extend(resources);
        self
    }

    /// Adds a data source.
    pub fn data(mut self, r#type: impl Into<String>, name: impl Into<String>, body: Value) -> Self {
        self.data.push(TerraformData {
            type_: r#type.into(),
            name: name.into(),
            body: body.to_string(),
        });
        self
    }

    /// Adds an output: a JSON value that may hold references.
    pub fn output(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.add_output(name.into(), value.into(), false)
    }

    /// Adds an output that can only fill a secret fact.
    pub fn sensitive_output(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.add_output(name.into(), value.into(), true)
    }

    fn add_output(mut self, name: String, value: Value, sensitive: bool) -> Self {
        self.outputs.push(TerraformOutput {
            name,
            value: value.to_string(),
            sensitive,
        });
        self
    }
}

/// A resource with its arguments, a JSON object. In its strings `${` and `%{` are literal;
/// references are tokens.
pub fn resource(r#type: impl Into<String>, name: impl Into<String>, body: Value) -> Resource {
    Resource {
        type_: r#type.into(),
        name: name.into(),
        body: body.to_string(),
        depends_on: Vec::new(),
        lifecycle: TerraformLifecycle {
            create_before_destroy: false,
            prevent_destroy: false,
            ignore_changes: Vec::new(),
        },
    }
}

impl Resource {
    /// Comes after a resource of the same root that it does not refer to.
    pub fn depends_on(mut self, r#type: &str, name: &str) -> Self {
        self.depends_on.push(format!("{type}.{name}"));
        self
    }

    /// A replacement is created before the old one is destroyed.
    pub fn create_before_destroy(mut self) -> Self {
        self.lifecycle.create_before_destroy = true;
        self
    }

    /// Terraform refuses to destroy it.
    pub fn prevent_destroy(mut self) -> Self {
        self.lifecycle.prevent_destroy = true;
        self
    }

    /// A change of this argument is left alone.
    pub fn ignore_changes(mut self, argument: impl Into<String>) -> Self {
        self.lifecycle.ignore_changes.push(argument.into());
        self
    }
}

/// The token of a resource's attribute, in the same root. Indices and attributes below it follow after
/// dots: `identity.0.oidc.0.issuer`.
///
/// ```
/// let id = aegis_plugin::terraform::reference("aws_vpc", "main", "id");
/// assert_eq!(id, "@{resource:aws_vpc.main.id}");
/// ```
pub fn reference(r#type: &str, name: &str, attribute: &str) -> String {
    format!("@{{resource:{type}.{name}.{attribute}}}")
}

/// The token of a data source's attribute, in the same root.
///
/// ```
/// let partition = aegis_plugin::terraform::data_reference("aws_partition", "current", "partition");
/// assert_eq!(partition, "@{data:aws_partition.current.partition}");
/// ```
pub fn data_reference(r#type: &str, name: &str, attribute: &str) -> String {
    format!("@{{data:{type}.{name}.{attribute}}}")
}
