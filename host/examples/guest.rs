//! Writes a guest of `host/benches/guests` as a plugin: `guest NAME FILE.wasm`.

#[path = "../benches/stages/guest.rs"]
mod guest;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(file)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: guest NAME FILE.wasm");
    };
    let module = guest::core_module(&name).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    std::fs::write(&file, module)?;
    Ok(())
}
