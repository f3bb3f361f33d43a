//! `byline render`: the window's page of a document as a picture, drawn without a display.

use super::console::{Console, Failure, Issue};
use super::project;
use crate::app::render::{Look, Picture, draw, write_png};
use crate::model::{DocumentId, Layer, LayerKey, Name};
use clap::Args;
use std::path::{Path, PathBuf};

/// Draw the page of a document as a PNG picture, without a display
#[derive(Args)]
pub struct Arguments {
    /// Folder of the project
    dir: PathBuf,
    /// Id of the document
    #[arg(long, value_name = "ID")]
    document: String,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Whose annotations; by default those of the first annotator
    #[arg(long, value_name = "NAME")]
    annotator: Option<String>,
    /// Light text on dark
    #[arg(long)]
    dark: bool,
    /// Width of the page in points
    #[arg(long, default_value_t = 792, value_parser = clap::value_parser!(u16).range(200..=4000))]
    width: u16,
    /// Pixels per point
    #[arg(long, default_value_t = 1.0, value_parser = scale)]
    scale: f32,
    /// First paragraph to draw
    #[arg(long, default_value_t = 1, value_name = "N")]
    from: usize,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

fn scale(text: &str) -> Result<f32, String> {
    let scale: f32 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if (0.5..=4.0).contains(&scale) { Ok(scale) } else { Err("expected a number from 0.5 to 4".to_owned()) }
}

/// Draws it.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let (folder, project) = project::open(&arguments.dir)?;
    let id = DocumentId::new(&arguments.document).map_err(|error| Failure::usage(Issue::error(error)))?;
    let Some(document) = project.document(&id).cloned() else {
        let issue = Issue::error(format!("the project has no document “{id}”"));
        return Err(Failure::usage(issue.help("`byline stats` lists the documents")));
    };
    let state = project::load(&folder, project, std::slice::from_ref(&id))?;
    let Some(text) = state.text(&id) else {
        return Err(Failure::data(Issue::error(format!("the text of “{id}” is not there"))));
    };
    let layer = match &arguments.annotator {
        Some(name) => Some(layer_of(&state, &id, name)?),
        None => state.layers().find(|layer| layer.key().document == id),
    };
    let look = Look {
        dark: arguments.dark,
        width: f32::from(arguments.width),
        scale: arguments.scale,
        from: arguments.from.max(1),
    };
    let picture = draw(&document, text, layer, &state.project.scheme, look);
    write(&arguments.out, &picture).map_err(|error| {
        let issue = Issue::error(format!("cannot write the picture: {error}")).file(arguments.out.display());
        Failure::data(issue.help("choose a folder in which you may write"))
    })?;
    let (first, last) = picture.paragraphs;
    let all = text.paragraphs().len();
    console.json(&serde_json::json!({
        "out": arguments.out.display().to_string(), "first_paragraph": first, "last_paragraph": last, "paragraphs": all,
        "width_pixels": picture.image.width(), "height_pixels": picture.image.height(),
    }));
    console.say(format!("{}: paragraphs {first} to {last} of {all}\n", arguments.out.display()));
    if last < all {
        console.say(format!("the rest does not fit into one picture; go on with --from {}\n", last + 1));
    }
    Ok(())
}

fn layer_of<'a>(state: &'a crate::edit::State, document: &DocumentId, annotator: &str) -> Result<&'a Layer, Failure> {
    let key = LayerKey { document: document.clone(), annotator: Name::from(annotator) };
    state.layer(&key).ok_or_else(|| {
        let issue = Issue::error(format!("“{annotator}” has no annotations in “{document}”"));
        Failure::usage(issue.help("`byline stats` lists the annotators"))
    })
}

/// Writes beside the target, then moves: a picture is there as a whole or not at all.
fn write(path: &Path, picture: &Picture) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    write_png(&picture.image, &mut file).map_err(std::io::Error::other)?;
    file.persist(path)?;
    Ok(())
}
