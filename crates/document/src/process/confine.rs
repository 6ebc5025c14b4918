//! A process gives up what it does not need, for good.

#[cfg(not(target_os = "linux"))]
use std::path::PathBuf;

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

    /// Where programs and what they are linked with lie, on every Linux that this project is used on.
    const PROGRAMS: &[&str] = &["/usr", "/lib", "/lib64", "/bin"];
    /// What the loader and the C library look up.
    const LOOKED_UP: &[&str] = &["/etc/ld.so.cache", "/dev/null", "/dev/urandom"];

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
        warnings.extend(forbid_files(&[]).err());
        limit(Resource::Nofile, 3)?;
        warnings.extend(filter::reader().err().map(|why| format!("read without seccomp: {why}")));
        Ok(warnings)
    }

    /// Confines this process so that another program can be run in its place: it may read and run what lies under the system's
    /// folders of programs and under `readable`, write nothing, and reach nobody. `work` is in seconds of processor time.
    /// Warnings and errors as for [`confine_reader`].
    pub fn confine_program(
        memory: u64,
        work: u64,
        readable: &[PathBuf],
    ) -> io::Result<Vec<String>> {
        die_with_the_parent()?;
        limit(Resource::As, memory)?;
        // The signal at the first says why; the second is for whoever does not heed it.
        let (current, maximum) = (Some(work), Some(work.saturating_add(1)));
        setrlimit(Resource::Cpu, Rlimit { current, maximum })?;
        let mut warnings = Vec::new();
        let paths: Vec<&Path> = PROGRAMS
            .iter()
            .chain(LOOKED_UP)
            .map(Path::new)
            .chain(readable.iter().map(PathBuf::as_path))
            .collect();
        warnings.extend(forbid_files(&paths).err());
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

    /// Takes away all files but those under `readable`, all connections by TCP, and all ways to other processes.
    /// The error is a warning: what this kernel lacks.
    fn forbid_files(readable: &[&Path]) -> Result<(), String> {
        let verb = if readable.is_empty() { "read" } else { "run" };
        let reading = AccessFs::from_read(RIGHTS);
        let forbidden = || -> Result<RulesetStatus, landlock::RulesetError> {
            let mut rules = Ruleset::default()
                .handle_access(AccessFs::from_all(RIGHTS))?
                .handle_access(AccessNet::from_all(RIGHTS))?
                .scope(Scope::from_all(RIGHTS))?
                .create()?;
            for path in readable {
                // What is not there cannot be read either.
                let Ok(opened) = PathFd::new(path) else { continue };
                let rights: BitFlags<AccessFs> = match path.is_dir() {
                    true => reading,
                    false => reading & AccessFs::from_file(RIGHTS),
                };
                rules = rules.add_rule(PathBeneath::new(opened, rights))?;
            }
            Ok(rules.restrict_self()?.ruleset)
        };
        match forbidden() {
            Ok(RulesetStatus::NotEnforced) => {
                Err(format!("{verb} without Landlock: this kernel has none"))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{verb} without Landlock: {error}")),
        }
    }
}
