//! wast2json IN.wast OUTDIR: writes OUTDIR/<stem>.json, the script's commands one after another, and
//! every module and component of it as OUTDIR/<stem>.<n>.wasm (or .wat where the text is the test).
//!
//! WAST_STRICT_COMPONENT_INDICES=1 in the environment makes the text parser number component
//! definitions as the current specification does.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

fn convert(input: &Path, out_dir: &Path) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(input)?;
    let stem = input
        .file_stem()
        .and_then(|s| s.to_str())
        .ok_or("the input has no name")?;
    let name = input.to_str().ok_or("the input's path is not UTF-8")?;

    let mut lexer = wast::lexer::Lexer::new(&text);
    lexer.allow_confusing_unicode(true);
    let buffer = wast::parser::ParseBuffer::new_with_lexer(lexer).map_err(|e| located(e, name, &text))?;
    let script = wast::parser::parse::<wast::Wast>(&buffer).map_err(|e| located(e, name, &text))?;
    let mut options = json_from_wast::Opts::default();
    options.module_filename(stem);
    let converted = options.convert(name, &text, script)?;

    fs::create_dir_all(out_dir)?;
    for (file, bytes) in &converted.wasms {
        fs::write(out_dir.join(file), bytes)?;
    }
    let json = serde_json::to_string_pretty(&converted)?;
    fs::write(out_dir.join(stem).with_extension("json"), json)?;
    Ok(())
}

/// A parse error with file, line and the line's text.
fn located(mut error: wast::Error, name: &str, text: &str) -> wast::Error {
    error.set_path(Path::new(name));
    error.set_text(text);
    error
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [input, out_dir] = args.as_slice() else {
        eprintln!("usage: wast2json IN.wast OUTDIR");
        return ExitCode::from(2);
    };
    match convert(Path::new(input), Path::new(out_dir)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wast2json: {input}: {error}");
            ExitCode::FAILURE
        }
    }
}
