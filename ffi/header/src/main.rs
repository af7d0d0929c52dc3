//! Writes `include/rdsiam.h` from `ffi/src`, or with `--check` says whether it is current.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match run(&root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            #[allow(clippy::print_stderr, reason = "a program's way to say why it failed")]
            {
                eprintln!("{message}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(root: &Path) -> Result<(), String> {
    let config = cbindgen::Config::from_file(root.join("ffi/cbindgen.toml"))?;
    let bindings = cbindgen::Builder::new()
        .with_crate(root.join("ffi"))
        .with_config(config)
        .generate()
        .map_err(|error| error.to_string())?;
    let mut made = Vec::new();
    bindings.write(&mut made);
    let header = root.join("include/rdsiam.h");
    if std::env::args().any(|argument| argument == "--check") {
        let committed = std::fs::read(&header).map_err(|error| error.to_string())?;
        return if committed == made {
            Ok(())
        } else {
            Err("include/rdsiam.h is not what ffi/src gives: run `make header`".into())
        };
    }
    std::fs::write(&header, made).map_err(|error| error.to_string())
}
