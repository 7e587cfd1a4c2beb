/**
 * System calls of Linux on x64 by number (arch/x86/entry/syscalls/syscall_64.tbl), in the groups of the filter. Denied by default: a call that
 * stands nowhere here does not exist for a task, as on a kernel that is older than the call.
 */

/** What Node, V8, libuv, the C library and the programs that start a task (prlimit, setpriv) use, and what is harmless beside it. */
export const allowedCalls = {
  files: {
    ...{ read: 0, write: 1, open: 2, close: 3, stat: 4, fstat: 5, lstat: 6, poll: 7, lseek: 8, pread64: 17, pwrite64: 18, readv: 19 },
    ...{ writev: 20, access: 21, pipe: 22, select: 23, dup: 32, dup2: 33, sendfile: 40, fcntl: 72, flock: 73, fsync: 74, fdatasync: 75 },
    ...{ truncate: 76, ftruncate: 77, getdents: 78, getcwd: 79, chdir: 80, fchdir: 81, rename: 82, mkdir: 83, rmdir: 84, creat: 85 },
    ...{ link: 86, unlink: 87, symlink: 88, readlink: 89, chmod: 90, fchmod: 91, chown: 92, fchown: 93, lchown: 94, umask: 95 },
    ...{ utime: 132, statfs: 137, fstatfs: 138, readahead: 187, getdents64: 217, fadvise64: 221, utimes: 235, openat: 257, mkdirat: 258 },
    ...{ fchownat: 260, futimesat: 261, newfstatat: 262, unlinkat: 263, renameat: 264, linkat: 265, symlinkat: 266, readlinkat: 267 },
    ...{ fchmodat: 268, faccessat: 269, splice: 275, tee: 276, sync_file_range: 277, vmsplice: 278, utimensat: 280, fallocate: 285 },
    ...{ dup3: 292, pipe2: 293, preadv: 295, pwritev: 296, renameat2: 316, copy_file_range: 326, preadv2: 327, pwritev2: 328, statx: 332 },
    ...{ close_range: 436, openat2: 437, faccessat2: 439, fchmodat2: 452 },
  },
  events: {
    ...{ epoll_create: 213, epoll_wait: 232, epoll_ctl: 233, inotify_init: 253, inotify_add_watch: 254, inotify_rm_watch: 255 },
    ...{ pselect6: 270, ppoll: 271, epoll_pwait: 281, signalfd: 282, timerfd_create: 283, eventfd: 284, timerfd_settime: 286 },
    ...{ timerfd_gettime: 287, signalfd4: 289, eventfd2: 290, epoll_create1: 291, inotify_init1: 294, epoll_pwait2: 441 },
  },
  memory: {
    ...{ mprotect: 10, munmap: 11, brk: 12, mremap: 25, msync: 26, madvise: 28, mlock: 149, munlock: 150 },
    ...{ membarrier: 324, mlock2: 325, pkey_mprotect: 329, pkey_alloc: 330, pkey_free: 331 },
  },
  process: {
    ...{ sched_yield: 24, getpid: 39, execve: 59, exit: 60, wait4: 61, kill: 62, uname: 63, getrlimit: 97, getrusage: 98, sysinfo: 99 },
    ...{ times: 100, getuid: 102, getgid: 104, setuid: 105, setgid: 106, geteuid: 107, getegid: 108, setpgid: 109, getppid: 110 },
    ...{ getpgrp: 111, setsid: 112, setreuid: 113, setregid: 114, getgroups: 115, setgroups: 116, setresuid: 117, getresuid: 118 },
    ...{ setresgid: 119, getresgid: 120, getpgid: 121, getsid: 124, capget: 125, capset: 126, getpriority: 140, setpriority: 141 },
    ...{ sched_setparam: 142, sched_getparam: 143, sched_setscheduler: 144, sched_getscheduler: 145, sched_get_priority_max: 146 },
    ...{ sched_get_priority_min: 147, prctl: 157, arch_prctl: 158, setrlimit: 160, gettid: 186, tkill: 200, futex: 202 },
    ...{ sched_setaffinity: 203, sched_getaffinity: 204, set_tid_address: 218, restart_syscall: 219, exit_group: 231, tgkill: 234 },
    ...{ waitid: 247, set_robust_list: 273, get_robust_list: 274, prlimit64: 302, getcpu: 309, getrandom: 318, rseq: 334 },
  },
  time: {
    ...{ nanosleep: 35, getitimer: 36, alarm: 37, setitimer: 38, gettimeofday: 96, time: 201, timer_create: 222, timer_settime: 223 },
    ...{ timer_gettime: 224, timer_getoverrun: 225, timer_delete: 226, clock_gettime: 228, clock_getres: 229, clock_nanosleep: 230 },
  },
  signals: {
    ...{ rt_sigaction: 13, rt_sigprocmask: 14, rt_sigreturn: 15, pause: 34, rt_sigpending: 127, rt_sigtimedwait: 128 },
    ...{ rt_sigqueueinfo: 129, rt_sigsuspend: 130, sigaltstack: 131, rt_tgsigqueueinfo: 297 },
  },
  network: {
    ...{ connect: 42, accept: 43, sendto: 44, recvfrom: 45, sendmsg: 46, recvmsg: 47, shutdown: 48, bind: 49, listen: 50 },
    ...{ getsockname: 51, getpeername: 52, setsockopt: 54, getsockopt: 55, accept4: 288, recvmmsg: 299, sendmmsg: 307 },
  },
} as const satisfies Record<string, Readonly<Record<string, number>>>;

/** What nobody honest does in a task: refused with EPERM, so that an error names it. */
export const refusedCalls = {
  processes: { fork: 57, vfork: 58, execveat: 322 },
  namespaces: { pivot_root: 155, chroot: 161, unshare: 272, setns: 308 },
  mounts: {
    ...{ mount: 165, umount2: 166, swapon: 167, swapoff: 168, quotactl: 179, open_tree: 428, move_mount: 429, fsopen: 430, fsconfig: 431 },
    ...{ fsmount: 432, fspick: 433, mount_setattr: 442, quotactl_fd: 443, statmount: 457, listmount: 458, open_tree_attr: 467 },
  },
  'other processes': {
    ...{ ptrace: 101, process_vm_readv: 310, process_vm_writev: 311, kcmp: 312, pidfd_send_signal: 424, pidfd_open: 434 },
    ...{ pidfd_getfd: 438, process_madvise: 440, process_mrelease: 448 },
  },
  kernel: {
    ...{ syslog: 103, uselib: 134, personality: 135, modify_ldt: 154, _sysctl: 156, acct: 163, reboot: 169, iopl: 172, ioperm: 173 },
    ...{ create_module: 174, init_module: 175, delete_module: 176, kexec_load: 246, finit_module: 313, kexec_file_load: 320 },
    ...{ lookup_dcookie: 212, perf_event_open: 298, bpf: 321, userfaultfd: 323 },
    ...{ io_uring_setup: 425, io_uring_enter: 426, io_uring_register: 427 },
  },
  // Its pages count against no limit of the task.
  memory: { memfd_create: 319, memfd_secret: 447 },
  keys: { add_key: 248, request_key: 249, keyctl: 250 },
  'time and names': { adjtimex: 159, settimeofday: 164, sethostname: 170, setdomainname: 171, clock_settime: 227, clock_adjtime: 305 },
  files: { mknod: 133, vhangup: 153, mknodat: 259, fanotify_init: 300, fanotify_mark: 301, name_to_handle_at: 303, open_by_handle_at: 304 },
} as const satisfies Record<string, Readonly<Record<string, number>>>;

/** Calls whose arguments decide. */
export const judgedCalls = { mmap: 9, ioctl: 16, socket: 41, socketpair: 53, clone: 56, clone3: 435 } as const;
