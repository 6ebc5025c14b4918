//! The system calls that a confined process may make.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

/// What a reader needs: bytes in and out, memory, the end. All else fails with EPERM.
const READER: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    // Answered by `NO_THREADS`.
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_write,
    libc::SYS_writev,
];

/// A thread that cannot be had as on a system without threads: libraries then work on the one there is.
const NO_THREADS: &[i64] = &[libc::SYS_clone, libc::SYS_clone3];

/// What neither a reader nor a program for OCR has an honest use for: whoever tries is ended.
const NEVER: &[i64] = &[
    libc::SYS_add_key,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_mount,
    libc::SYS_open_by_handle_at,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_request_key,
    libc::SYS_setns,
    libc::SYS_swapon,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
];

/// What a reader is ended for besides: a connection, or another program.
const NEVER_A_READER: &[i64] = &[
    libc::SYS_accept4,
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_kill,
    libc::SYS_listen,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_socket,
    libc::SYS_socketpair,
];

/// What a program that is run fails at: connections of any kind.
const NO_CONNECTIONS: &[i64] = &[
    libc::SYS_accept4,
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_listen,
    libc::SYS_socket,
    libc::SYS_socketpair,
];

/// Holds this process to what a reader needs.
pub(super) fn reader() -> Result<(), String> {
    let never: Vec<i64> = NEVER.iter().chain(NEVER_A_READER).copied().collect();
    deny(&never, SeccompAction::KillProcess)?;
    deny(NO_THREADS, errno(libc::ENOSYS))?;
    let mut allowed: BTreeMap<i64, Vec<SeccompRule>> = any(READER);
    // Memory, but none that runs.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        let executable = u64::from(libc::PROT_EXEC.unsigned_abs());
        allowed.insert(call, vec![when(2, SeccompCmpOp::MaskedEq(executable), 0)?]);
    }
    // A program that gives up sends a signal to itself.
    for call in [libc::SYS_tgkill, libc::SYS_tkill] {
        let itself = u64::from(std::process::id());
        allowed.insert(call, vec![when(0, SeccompCmpOp::Eq, itself)?]);
    }
    // Last: it does not allow that another filter is installed.
    apply(SeccompFilter::new(allowed, errno(libc::EPERM), SeccompAction::Allow, architecture()?))
}

/// Takes from this process, and from the program that it becomes, what no program for OCR needs.
pub(super) fn program() -> Result<(), String> {
    deny(NEVER, SeccompAction::KillProcess)?;
    deny(NO_CONNECTIONS, errno(libc::EPERM))
}

fn deny(calls: &[i64], with: SeccompAction) -> Result<(), String> {
    apply(SeccompFilter::new(any(calls), SeccompAction::Allow, with, architecture()?))
}

/// The calls, whatever their arguments.
fn any(calls: &[i64]) -> BTreeMap<i64, Vec<SeccompRule>> {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

fn when(argument: u8, is: SeccompCmpOp, value: u64) -> Result<SeccompRule, String> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, is, value);
    condition.and_then(|one| SeccompRule::new(vec![one])).map_err(|error| error.to_string())
}

fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number.unsigned_abs())
}

fn architecture() -> Result<seccompiler::TargetArch, String> {
    let here = std::env::consts::ARCH;
    here.try_into().map_err(|_| format!("it is not known for the processor {here}"))
}

fn apply(filter: Result<SeccompFilter, seccompiler::BackendError>) -> Result<(), String> {
    let program = filter.and_then(BpfProgram::try_from).map_err(|error| error.to_string())?;
    apply_filter(&program).map_err(|error| error.to_string())
}
