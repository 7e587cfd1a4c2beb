/*
 * slow-fsync MICROSECONDS COUNTER PROGRAM [ARGUMENT]...: runs a program whose syncs to disk take that much longer, in all its threads and children.
 *
 * A virtual disk often acknowledges a sync far too early; this shows what a slower one would do. The kernel holds every fsync and fdatasync until the
 * waiter below lets it go on (seccomp user notification), so it works for statically linked programs too, where a preloaded library would not be seen.
 * Syncs of several threads are held side by side, each for its own time, as a disk with a deep queue would. COUNTER is a file whose first 8 bytes count them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "no system call numbers are known for this processor"
#endif

#define MAX_HELD 4096

static void fail(const char *what) {
  fprintf(stderr, "slow-fsync: %s: %s\n", what, strerror(errno));
  exit(125);
}

static int64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static int install_filter(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsync, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fdatasync, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("PR_SET_NO_NEW_PRIVS");
  int listener = -1;
#ifdef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
  /* Without it a signal would begin the wait again, and count the sync twice. */
  listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
#endif
  if (listener < 0) listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (listener < 0) fail("seccomp user notification");
  return listener;
}

static void send_fd(int socket, int fd) {
  char byte = 0, control[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  if (sendmsg(socket, &message, 0) != 1) fail("sendmsg");
}

static int receive_fd(int socket) {
  char byte, control[CMSG_SPACE(sizeof(int))];
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(socket, &message, 0) != 1 || !CMSG_FIRSTHDR(&message)) _exit(0);
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return fd;
}

static void release(int listener, uint64_t id) {
  char reply[512] = {0};
  struct seccomp_notif_resp *response = (struct seccomp_notif_resp *)reply;
  response->id = id;
  response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, response); /* A thread that was killed meanwhile is none of ours. */
}

/* Holds syncs until none of the programs it was started for is left. All wait equally long, so the first to come is the first to go. */
static void hold_syncs(int listener, int64_t delay_ns, volatile uint64_t *counter) {
  static struct { uint64_t id; int64_t until; } held[MAX_HELD];
  unsigned first = 0, next = 0;
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  for (;;) {
    int64_t left = first == next ? -1 : held[first % MAX_HELD].until - now_ns();
    struct timespec wait = {left > 0 ? left / 1000000000 : 0, left > 0 ? left % 1000000000 : 0};
    struct pollfd ready = {listener, POLLIN, 0};
    ppoll(&ready, 1, first == next ? NULL : &wait, NULL);
    if (ready.revents & POLLIN && next - first < MAX_HELD) {
      char request[512] = {0};
      struct seccomp_notif *sync = (struct seccomp_notif *)request;
      if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, sync) == 0) {
        held[next % MAX_HELD].id = sync->id;
        held[next++ % MAX_HELD].until = now_ns() + delay_ns;
        ++*counter;
      }
    } else if (ready.revents & (POLLHUP | POLLERR)) {
      return;
    }
    while (first != next && held[first % MAX_HELD].until <= now_ns()) release(listener, held[first++ % MAX_HELD].id);
  }
}

/* The waiter is nobody's child, so that the program sees no child it did not start, and holds none of the program's files open. */
static void start_waiter(int socket, int64_t delay_ns, const char *path) {
  int file = open(path, O_RDWR);
  if (file < 0) fail(path);
  volatile uint64_t *counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (counter == MAP_FAILED) fail("mmap");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child > 0) {
    close(file);
    waitpid(child, NULL, 0);
    return;
  }
  setsid();
  if (fork() != 0) _exit(0);
  dup2(socket, 0);
  syscall(SYS_close_range, 1U, ~0U, 0U);
  int listener = receive_fd(0);
  close(0);
  hold_syncs(listener, delay_ns, counter);
  _exit(0);
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "usage: slow-fsync MICROSECONDS COUNTER PROGRAM [ARGUMENT]...\n");
    return 125;
  }
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets)) fail("socketpair");
  start_waiter(sockets[1], atoll(arguments[1]) * 1000, arguments[2]);
  close(sockets[1]);
  int listener = install_filter();
  send_fd(sockets[0], listener);
  close(listener);
  close(sockets[0]);
  execvp(arguments[3], arguments + 3);
  fail(arguments[3]);
}
