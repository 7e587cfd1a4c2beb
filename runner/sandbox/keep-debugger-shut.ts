let isShut = false;

/**
 * Keeps SIGUSR1 from opening Node's debugger in this process, the one that starts tasks. Where tasks have neither a process nor a network namespace, one of
 * them could otherwise send that signal, connect to the debugger on the loopback address, and be the home.
 */
export function keepDebuggerShut(): void {
  if (isShut || process.platform === 'win32') return;
  isShut = true;
  // Any listener takes the place of Node's own; `--disable-sigusr1` would do the same, but only for who starts us with it.
  process.on('SIGUSR1', () => undefined);
}
