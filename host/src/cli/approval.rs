//! The arguments of the subcommands of `weir plugin` with which an operator says what may run, and
//! what it gets to know.

use std::path::PathBuf;

use clap::Args;

use crate::record::Field;

/// The arguments of `plugin inspect`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct InspectArgs {
    /// A plugin of the plugins directory or a built-in one by its name, or any file
    #[arg(value_name = "NAME|FILE")]
    pub plugin: PathBuf,
}

/// The arguments of `plugin add`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AddArgs {
    /// The component, or the folder of a project with its `weir-plugin.toml` and its component
    #[arg(value_name = "FILE|DIR")]
    pub from: PathBuf,

    /// Add it under another name [default: the file's or the project's]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// What it is granted.
    #[command(flatten)]
    pub grants: GrantArgs,
}

/// The arguments of `plugin approve`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ApproveArgs {
    /// The plugins, by name
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,

    /// What they are granted.
    #[command(flatten)]
    pub grants: GrantArgs,
}

/// The arguments of `plugin remove`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RemoveArgs {
    /// The plugins, by name
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

/// What a plugin is granted. Where nothing is said, a plugin that is new gets all that it asks for,
/// and another what it was granted before.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantArgs {
    /// Let it read these fields and no others; `none`: no field
    ///
    /// A field that is not granted reads as absent: `-`, or no number.
    #[arg(long, value_name = "FIELD,…", value_parser = parse_fields, conflicts_with = "withhold")]
    pub grant: Option<Fields>,

    /// Let it read what it asks for but these fields
    #[arg(long, value_name = "FIELD,…", value_parser = parse_fields)]
    pub withhold: Option<Fields>,

    /// Let it keep a state for the time after a failure or a restart
    #[arg(long, conflicts_with = "no_keep")]
    pub keep: bool,

    /// Do not let it
    #[arg(long)]
    pub no_keep: bool,
}

/// Some fields, each once, in the fields' own order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<Field>);

fn parse_fields(text: &str) -> Result<Fields, String> {
    if text.trim() == "none" {
        return Ok(Fields::default());
    }
    let field = |name: &str| {
        Field::from_name(name.trim()).ok_or_else(|| {
            let known = Field::ALL.map(Field::name).join(", ");
            format!("no such field: {:?}; there are {known}", name.trim())
        })
    };
    let mut fields = text.split(',').map(field).collect::<Result<Vec<_>, _>>()?;
    fields.sort_unstable();
    fields.dedup();
    Ok(Fields(fields))
}
