//! Every argument of every command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Turns one stack file into a secure multi-cluster Kubernetes platform: signed plugins propose, you
/// approve, Aegis applies.
#[derive(Debug, Parser)]
#[command(
    name = "aegis",
    version,
    about,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Debug, Args)]
pub struct Global {
    /// The stack file
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        default_value = "aegis.yaml",
        env = "AEGIS_FILE"
    )]
    pub file: PathBuf,
    /// The form of the result on standard output
    #[arg(short, long, global = true, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Colours: also off with NO_COLOR and when the output is not a terminal
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say nothing but the result and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Text,
    /// One JSON document; long commands write events as JSON lines before it
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a stack file to begin with
    Init(Init),
    /// Ask the plugins what they propose and show what an apply would change
    Plan(Plan),
    /// Show a plan that was made before
    Show(Show),
    /// Sign a plan, where the stack's policy asks for approvals
    Approve(Approve),
    /// Carry out a plan
    Apply(Apply),
    /// Show what has been applied
    Status(Status),
    /// Run the validation stages over the planned documents
    Validate(Validate),
    /// Show the stages and what they wait for
    Graph(GraphOptions),
    /// Show and import the facts that join stages
    Facts(Facts),
    /// End a lease that a dead apply left behind, or give an interrupted apply up
    Unlock(Unlock),
    /// Print a JSON Schema, for editors
    Schema(Schema),
    /// Check that everything Aegis needs is there
    Doctor,
    /// Make and list signing keys
    Key(Key),
    /// Say whom to trust
    Trust(Trust),
    /// Add, inspect, package and sign plugins
    Plugin(Plugin),
    /// Print a completion script for a shell
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub struct Init {
    /// Name of the stack
    #[arg(long, default_value = "shop")]
    pub name: String,
    /// DNS domain of the stack
    #[arg(long, default_value = "shop.example.com")]
    pub domain: String,
    /// A cluster as NAME=REGION; can be given several times
    #[arg(
        long = "cluster",
        value_name = "NAME=REGION",
        default_value = "use1=us-east-1"
    )]
    pub clusters: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Plan {
    /// Where to write the plan [default: .aegis/plan.json beside the stack file]
    #[arg(long, value_name = "PLAN")]
    pub out: Option<PathBuf>,
    /// Exit with 2 when the plan holds changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// How many plugins are called at the same time [default: number of processors]
    #[arg(long, value_name = "N")]
    pub parallelism: Option<usize>,
    /// Show documents in full, and changes that change nothing
    #[arg(long)]
    pub full: bool,
}

#[derive(Debug, Args)]
pub struct Show {
    /// The plan [default: .aegis/plan.json beside the stack file]
    #[arg(value_name = "PLAN")]
    pub plan: Option<PathBuf>,
    /// The form for people: text, Markdown for a comment on a pull request, or one HTML page
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub format: ShowFormat,
    /// Show documents in full, and changes that change nothing; Markdown and HTML always do
    #[arg(long)]
    pub full: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    Text,
    Markdown,
    Html,
}

#[derive(Debug, Args)]
pub struct Approve {
    /// The plan [default: .aegis/plan.json beside the stack file]
    #[arg(value_name = "PLAN")]
    pub plan: Option<PathBuf>,
    /// Name of the approver's key
    #[arg(long, default_value = "operator")]
    pub key: String,
    /// The digest of the plan that you have read; without it the plan is shown and you are asked
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// Show documents in full
    #[arg(long)]
    pub full: bool,
    /// The last day on which the approval counts, YYYY-MM-DD [default: in seven days]
    #[arg(long, value_name = "DATE")]
    pub expires: Option<String>,
}

#[derive(Debug, Args)]
pub struct Apply {
    /// The plan [default: .aegis/plan.json beside the stack file]
    #[arg(value_name = "PLAN", conflicts_with = "resume")]
    pub plan: Option<PathBuf>,
    /// Go on with an apply that was interrupted
    #[arg(long)]
    pub resume: bool,
    /// How many instances are worked on at the same time [default: number of processors]
    #[arg(long, value_name = "N")]
    pub parallelism: Option<usize>,
}

#[derive(Debug, Args)]
pub struct Status {
    /// Only this stage or instance, for example `network` or `use1/network`
    #[arg(value_name = "STAGE")]
    pub stage: Option<String>,
}

#[derive(Debug, Args)]
pub struct Validate {
    /// Exit with 2 when a finding of this severity or above is open [default: block-at of the stack file]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<SeverityName>,
    /// Show also what passed
    #[arg(long)]
    pub all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SeverityName {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Debug, Args)]
pub struct GraphOptions {
    /// How to draw it
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    pub format: GraphFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    Text,
    Dot,
    Mermaid,
    Svg,
}

#[derive(Debug, Args)]
pub struct Facts {
    #[command(subcommand)]
    pub command: FactsCommand,
}

#[derive(Debug, Subcommand)]
pub enum FactsCommand {
    /// List the facts, with their values where known
    List,
    /// Take the values of a stage's facts from `terraform output -json`
    Import {
        /// The stage that provides the facts
        #[arg(long)]
        stage: String,
        /// The cluster, for a stage that runs for each
        #[arg(long)]
        cluster: Option<String>,
        /// The file; `-` for standard input
        #[arg(value_name = "FILE")]
        outputs: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct Unlock {
    /// The id of the lease, as `aegis status` shows it
    #[arg(required_unless_present = "abandon")]
    pub id: Option<String>,
    /// Give the interrupted apply up instead of resuming it: what it did stays
    #[arg(long)]
    pub abandon: bool,
}

#[derive(Debug, Args)]
pub struct Schema {
    /// The configuration of this stage of the stack, instead of the stack file itself
    #[arg(long)]
    pub stage: Option<String>,
}

#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    pub command: KeyCommand,
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make an Ed25519 key pair; an existing key is never overwritten
    Generate {
        #[arg(long)]
        name: String,
    },
    /// List the keys of this operator
    List,
}

#[derive(Debug, Args)]
pub struct Trust {
    #[command(subcommand)]
    pub command: TrustCommand,
}

#[derive(Debug, Subcommand)]
pub enum TrustCommand {
    /// Start a trust file with an operator's key; the key is made if there is none
    Init {
        /// Name of the operator's key
        #[arg(long, default_value = "operator")]
        key: String,
    },
    /// Trust a key to sign the plugins of a publisher, or to accept and approve
    Add {
        /// The publisher's name space
        #[arg(required_unless_present = "role")]
        publisher: Option<String>,
        /// A role of your own organisation, instead of a publisher
        #[arg(long, value_enum, conflicts_with = "publisher")]
        role: Option<RoleName>,
        /// The public key, `ed25519:…`
        #[arg(long, required_unless_present = "key_file")]
        key: Option<String>,
        /// A file that holds the public key
        #[arg(long, value_name = "FILE", conflicts_with = "key")]
        key_file: Option<PathBuf>,
    },
    /// Show whom you trust
    List,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// May accept plugins and their grants
    Operators,
    /// May approve plans
    Approvers,
}

#[derive(Debug, Args)]
pub struct Plugin {
    #[command(subcommand)]
    pub command: PluginCommand,
}

#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Lock a plugin for this stack: verify it, show what it asks for, record the answer
    Add {
        /// `publisher/plugin`, with a version requirement if you like: `acme/mesh@^2.1`
        plugin: String,
        /// A folder of packages
        #[arg(long, value_name = "FOLDER")]
        from: PathBuf,
        /// Grant what it asks for, without a question
        #[arg(long)]
        accept: bool,
        /// Grant what this file lists as `[[capability]]`, and not all that it asks for
        #[arg(long, value_name = "FILE")]
        grant: Option<PathBuf>,
        /// Name of the operator's key that signs the acceptance
        #[arg(long, default_value = "operator")]
        key: String,
    },
    /// Lock another version of a plugin, or accept it again
    Update {
        /// `publisher/plugin`, with a new version requirement if you like
        plugin: String,
        /// A folder of packages [default: the one in the lock file]
        #[arg(long, value_name = "FOLDER")]
        from: Option<PathBuf>,
        /// Grant what it asks for, without a question
        #[arg(long)]
        accept: bool,
        /// Grant what this file lists as `[[capability]]`, and not all that it asks for
        #[arg(long, value_name = "FILE")]
        grant: Option<PathBuf>,
        /// Name of the operator's key that signs the acceptance
        #[arg(long, default_value = "operator")]
        key: String,
        /// Accept an older version than the locked one
        #[arg(long)]
        downgrade: bool,
    },
    /// Remove a plugin from the lock file
    Remove { plugin: String },
    /// List the locked plugins
    List,
    /// Show what a package is, asks for and can do at most
    Inspect { package: PathBuf },
    /// Check a package's signature against your trust
    Verify { package: PathBuf },
    /// Make a package of a component and its manifest
    Package {
        component: PathBuf,
        /// The `plugin.toml`
        #[arg(long, value_name = "FILE")]
        manifest: PathBuf,
        /// Where to write the package
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Sign a package: writes the statement beside it
    Sign {
        package: PathBuf,
        /// Name of the publisher's key
        #[arg(long)]
        key: String,
    },
}
