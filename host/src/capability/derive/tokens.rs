//! Tokens of a change: each declared, each in a place for it.

use aegis_document::pointer;

use super::DeriveContext;
use crate::capability::denial::Denial;
use crate::capability::secret::{SecretRequest, SecretSink};
use crate::capability::{Request, codes};
use crate::fact::{FactRef, Format};
use crate::proposal::{Action, Change, KubernetesObject};
use crate::template::{FactToken, Node, Templated, Token};

/// Checks every token of a change, and derives where secrets go.
pub(super) fn derive(change: &Change, context: &DeriveContext) -> Result<Vec<Request>, Denial> {
    let mut scan = Scan {
        change,
        context,
        requests: Vec::new(),
    };
    match &change.action {
        Action::Terraform(root) => {
            let blocks = root.resources.iter().map(|block| ("resources", block));
            for (list, block) in blocks.chain(root.data.iter().map(|block| ("data", block))) {
                scan.node(
                    &block.body,
                    &format!("/{list}/{}.{}/body", block.kind, block.name),
                    true,
                )?;
            }
            for output in &root.outputs {
                scan.node(
                    &output.value,
                    &pointer::join("/outputs", &output.name),
                    true,
                )?;
            }
        }
        Action::Kops(kops) => {
            scan.node(&kops.spec, "/spec", false)?;
            for group in &kops.instance_groups {
                scan.node(
                    &group.spec,
                    &format!("/instance-groups/{}/spec", group.name),
                    false,
                )?;
            }
            for secret in &kops.secrets {
                let cluster = super::cluster_of(change, "fill a kOps secret")?;
                let sink = SecretSink::KopsStore {
                    cluster: cluster.clone(),
                    name: secret.name.to_string(),
                };
                scan.named_secret(&secret.fact, sink, "/secrets")?;
            }
        }
        Action::Tool(call) => {
            for (name, value) in &call.holes {
                let at = pointer::join("/holes", name);
                match value {
                    Node::Text(text) => scan.scalar(text, &at, Format::is_scalar)?,
                    value => scan.node(value, &at, false)?,
                }
            }
            for (name, content) in &call.inputs {
                scan.scalar(content, &pointer::join("/inputs", name), Format::is_text)?;
            }
            for fact in &call.stdin_secrets {
                scan.named_secret(
                    fact,
                    SecretSink::ToolStdin {
                        adapter: call.adapter.clone(),
                    },
                    "/stdin-secrets",
                )?;
            }
        }
        Action::Apply(object) => scan.object(object)?,
        Action::Release(release) => scan.node(&release.values, "/values", false)?,
        Action::File(file) => scan.scalar(&file.content, "/content", Format::is_text)?,
        Action::EnsureAbsent(_) | Action::Application(_) | Action::Workflow(_) => {}
    }
    Ok(scan.requests)
}

struct Scan<'a> {
    change: &'a Change,
    context: &'a DeriveContext,
    requests: Vec<Request>,
}

impl Scan<'_> {
    /// Objects have the one sink of a document: a whole value of a Secret.
    fn object(&mut self, object: &KubernetesObject) -> Result<(), Denial> {
        for (key, value) in &object.annotations {
            let at = pointer::join("/metadata/annotations", key);
            self.scalar(value, &at, Format::is_text)?;
        }
        if !(object.group.is_empty() && object.kind == "Secret") {
            return self.node(&object.body, "", false);
        }
        let Some(body) = object.body.as_map() else {
            return self.node(&object.body, "", false);
        };
        for (field, value) in body {
            let at = pointer::join("", field);
            match value.as_map() {
                Some(entries) if field == "data" || field == "stringData" => {
                    for (key, value) in entries {
                        self.secret_value(object, key, value, &pointer::join(&at, key))?;
                    }
                }
                _ => self.node(value, &at, false)?,
            }
        }
        Ok(())
    }

    fn secret_value(
        &mut self,
        object: &KubernetesObject,
        key: &str,
        value: &Node,
        at: &str,
    ) -> Result<(), Denial> {
        if let Some(Token::Fact(token)) = value.as_text().and_then(Templated::as_token)
            && self.declared(token, at)?
        {
            let cluster = super::cluster_of(self.change, "fill a Secret")?;
            let sink = SecretSink::KubernetesSecret {
                cluster: cluster.clone(),
                namespace: object.namespace.clone().unwrap_or_default(),
                name: object.name.clone(),
                key: key.to_owned(),
            };
            self.requests.push(Request::Secret(SecretRequest {
                fact: token.fact.clone(),
                sink,
            }));
            return Ok(());
        }
        self.node(value, at, false)
    }

    /// Checks the tokens of a document. Resource tokens are Terraform's; its own policy looks at them.
    fn node(&mut self, node: &Node, at: &str, resources: bool) -> Result<(), Denial> {
        if !node.has_tokens() {
            return Ok(());
        }
        let mut result = Ok(());
        node.visit(&mut |place| {
            if let (Ok(()), Node::Text(text)) = (&result, place.node) {
                result = self.text(text, &format!("{at}{}", place.pointer), resources);
            }
        });
        result
    }

    /// A text that has to stay one: a fact that is all of it is of a format that fits.
    fn scalar(
        &mut self,
        text: &Templated,
        at: &str,
        fits: fn(&Format) -> bool,
    ) -> Result<(), Denial> {
        self.text(text, at, false)?;
        let Some(Token::Fact(token)) = text.as_token() else {
            return Ok(());
        };
        if self.format(token).is_some_and(fits) {
            return Ok(());
        }
        Err(Denial::forbidden(
            codes::MALFORMED_FIELD,
            format!("use {token} as a text"),
            "what the fact has there is not one text",
            "use a fact that is a text, or a part of this one",
        )
        .at(at))
    }

    fn text(&mut self, text: &Templated, at: &str, resources: bool) -> Result<(), Denial> {
        let whole = text.as_token().is_some();
        for token in text.tokens() {
            match token {
                Token::Fact(token) => {
                    if self.declared(token, at)? {
                        return Err(self.misplaced(token, at));
                    }
                    if !whole {
                        self.embeddable(token, at)?;
                    }
                }
                Token::Resource(_) if resources => {}
                Token::Resource(token) => {
                    return Err(Denial::forbidden(
                        codes::CONTROL_FIELD,
                        format!("use {token}"),
                        "resources can only be referred to inside of their own Terraform root",
                        "have the root put it out and provide it as a fact",
                    )
                    .at(at));
                }
            }
        }
        Ok(())
    }

    /// Whether the token's fact is secret; a refusal when the stage does not require it.
    fn declared(&self, token: &FactToken, at: &str) -> Result<bool, Denial> {
        match self.context.facts.get(&token.fact) {
            Some(declared) => Ok(declared.secret),
            None => Err(undeclared(&token.fact).at(at)),
        }
    }

    /// The format of what the token stands for.
    fn format(&self, token: &FactToken) -> Option<&Format> {
        let declared = self.context.facts.get(&token.fact)?;
        declared.format.at(&token.pointer)
    }

    fn embeddable(&self, token: &FactToken, at: &str) -> Result<(), Denial> {
        let format = self.format(token);
        if format.is_some_and(Format::embeddable) {
            return Ok(());
        }
        let reason = match format {
            Some(format) => format!("a value of format {format} could change the text around it"),
            None => "the fact's format has nothing at this pointer".to_owned(),
        };
        Err(Denial::forbidden(
            codes::NOT_EMBEDDABLE,
            format!("embed {token} in a longer text"),
            reason,
            "use the token as a whole string, or a fact of format arn, aws-id, cidr, dns-name, https-url or port",
        )
        .at(at))
    }

    fn misplaced(&self, token: &FactToken, at: &str) -> Denial {
        Denial::forbidden(
            codes::SECRET_SINK,
            format!("put the secret fact {} here", token.fact),
            "secrets can only be a whole value of a Kubernetes Secret, a kOps secret or the input of a tool",
            "put it into a Secret and refer to that",
        )
        .at(at)
    }

    fn named_secret(
        &mut self,
        name: &aegis_document::Identifier,
        sink: SecretSink,
        at: &str,
    ) -> Result<(), Denial> {
        let Some((fact, declared)) = self.context.facts.named(name, self.change.cluster.as_ref())
        else {
            return Err(
                undeclared(&FactRef::new(self.change.cluster.clone(), name.clone())).at(at),
            );
        };
        if !declared.secret {
            return Err(Denial::forbidden(
                codes::SECRET_SINK,
                format!("use the fact {fact} as a secret"),
                "the fact is not declared as secret",
                "require it as a secret fact",
            )
            .at(at));
        }
        self.requests
            .push(Request::Secret(SecretRequest { fact, sink }));
        Ok(())
    }
}

fn undeclared(fact: &FactRef) -> Denial {
    Denial::forbidden(
        codes::UNDECLARED_FACT,
        format!("use the fact {fact}"),
        "the stage does not require it",
        "a stage uses only facts that its stage type declares in `requires`",
    )
}
