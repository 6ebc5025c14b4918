//! A process gives up what it does not need, for good.

#[cfg(not(target_os = "linux"))]
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
pub use linux::{confine_program, confine_reader};

/// Nothing is confined here: this system has none of the means that are used on Linux.
#[cfg(not(target_os = "linux"))]
pub fn confine_reader(_memory: u64) -> std::io::Result<Vec<String>> {
    Ok(vec!["read without a sandbox: it needs Linux".to_owned()])
}

/// Nothing is confined here: this system has none of the means that are used on Linux.
#[cfg(not(target_os = "linux"))]
pub fn confine_program(
    _memory: u64,
    _work: u64,
    _program: &Path,
    _readable: &[PathBuf],
) -> std::io::Result<Vec<String>> {
    Ok(vec!["run without a sandbox: it needs Linux".to_owned()])
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::path::{Path, PathBuf};

    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset,
        RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope,
    };
    use rustix::process::{
        DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior,
        set_parent_process_death_signal, setrlimit,
    };
    use rustix::thread::set_no_new_privs;

    use crate::process::filter;

    /// The newest rights over files and connections that are taken away; an older kernel takes away what it knows.
    const RIGHTS: ABI = ABI::V6;

    /// Where libraries lie that a program is linked with, on every Linux that this project is used on; nothing in them is run
    /// but the loader.
    const LIBRARIES: &[&str] =
        &["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache"];
    /// What the C library looks up.
    const LOOKED_UP: &[&str] = &["/dev/null", "/dev/urandom"];
    /// The loaders of the C libraries, which the kernel runs before a program (`ls -l /lib*/ld*`).
    const LOADERS: &[&str] = &[
        "/lib64/ld-linux-x86-64.so.2",
        "/lib/ld-linux-aarch64.so.1",
        "/lib/ld-linux-armhf.so.3",
        "/lib/ld-linux-riscv64-lp64d.so.1",
        "/lib64/ld64.so.2",
        "/lib/ld-musl-x86_64.so.1",
        "/lib/ld-musl-aarch64.so.1",
    ];

    /// Confines this process to reading its standard input and writing its standard output.
    ///
    /// To be called while it has one thread, and before a byte from outside is parsed. `memory` is counted in bytes beyond
    /// what the program takes up now. What the kernel does not offer is named in the warnings that come back; all else
    /// holds. An error means that even the oldest of the limits could not be set: nothing must be read then.
    pub fn confine_reader(memory: u64) -> io::Result<Vec<String>> {
        die_with_the_parent()?;
        limit(Resource::As, memory_now().saturating_add(memory))?;
        limit(Resource::Nproc, 0)?;
        let mut warnings = Vec::new();
        warnings.extend(forbid_files(&[], &[]).map_err(|why| format!("read without {why}")).err());
        limit(Resource::Nofile, 3)?;
        warnings.extend(filter::reader().err().map(|why| format!("read without seccomp: {why}")));
        Ok(warnings)
    }

    /// Confines this process so that another program can be run in its place: it may run that program alone, read its libraries
    /// and what lies under `readable`, write nothing, and reach nobody. `memory` is all that the program may take up, in bytes,
    /// `work` in seconds of processor time. Warnings and errors as for [`confine_reader`].
    pub fn confine_program(
        memory: u64,
        work: u64,
        program: &Path,
        readable: &[PathBuf],
    ) -> io::Result<Vec<String>> {
        die_with_the_parent()?;
        limit(Resource::As, memory)?;
        // The signal at the first says why; the second is for whoever does not heed it.
        let (current, maximum) = (Some(work), Some(work.saturating_add(1)));
        setrlimit(Resource::Cpu, Rlimit { current, maximum })?;
        let mut warnings = Vec::new();
        let fixed = LIBRARIES.iter().chain(LOOKED_UP).map(Path::new);
        let read: Vec<&Path> = fixed.chain(readable.iter().map(PathBuf::as_path)).collect();
        let run: Vec<&Path> =
            LOADERS.iter().map(Path::new).chain(std::iter::once(program)).collect();
        let forbidden = forbid_files(&read, &run);
        warnings.extend(forbidden.map_err(|why| format!("run without {why}")).err());
        warnings.extend(filter::program().err().map(|why| format!("run without seccomp: {why}")));
        Ok(warnings)
    }

    /// What both kinds of children have in common.
    fn die_with_the_parent() -> io::Result<()> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        set_no_new_privs(true)?;
        // Its memory is nobody's business: no core file, and no look by other processes of this user.
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        limit(Resource::Core, 0)?;
        limit(Resource::Fsize, 0)
    }

    fn limit(resource: Resource, most: u64) -> io::Result<()> {
        Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
    }

    /// The address space that this process takes up now, in bytes.
    fn memory_now() -> u64 {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages: u64 =
            pages.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        pages.saturating_mul(rustix::param::page_size() as u64)
    }

    /// Takes away all files but those that may be read, under the folders of `read`, and those that may be run; all
    /// connections by TCP; and all ways to other processes. The error is what this kernel lacks.
    fn forbid_files(read: &[&Path], run: &[&Path]) -> Result<(), String> {
        let reading = AccessFs::ReadFile | AccessFs::ReadDir;
        let running = AccessFs::ReadFile | AccessFs::Execute;
        let forbidden = || -> Result<RulesetStatus, landlock::RulesetError> {
            let mut rules = Ruleset::default()
                .handle_access(AccessFs::from_all(RIGHTS))?
                .handle_access(AccessNet::from_all(RIGHTS))?
                .scope(Scope::from_all(RIGHTS))?
                .create()?;
            let allowed = read.iter().map(|path| (path, reading));
            for (path, rights) in allowed.chain(run.iter().map(|path| (path, running))) {
                // What is not there cannot be read either.
                let Ok(opened) = PathFd::new(path) else { continue };
                let rights: BitFlags<AccessFs> = match path.is_dir() {
                    true => rights,
                    false => rights & AccessFs::from_file(RIGHTS),
                };
                rules = rules.add_rule(PathBeneath::new(opened, rights))?;
            }
            Ok(rules.restrict_self()?.ruleset)
        };
        match forbidden() {
            Ok(RulesetStatus::NotEnforced) => Err("Landlock: this kernel has none".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(format!("Landlock: {error}")),
        }
    }
}
