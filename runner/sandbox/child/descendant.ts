import { readFile } from 'node:fs/promises';

/**
 * The process so many children below another, as long as each has one child alone; undefined when that is not so, or it has gone. The kernel says it, so a
 * task cannot have us take another process for its own.
 */
export async function descendantOf(pid: number | undefined, generations: number): Promise<number | undefined> {
  if (pid === undefined || generations === 0) return pid;
  try {
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
    const [child] = children;
    if (children.length !== 1 || child === undefined || !/^[1-9]\d*$/.test(child)) return undefined;
    return await descendantOf(Number(child), generations - 1);
  } catch {
    return undefined; // It has ended, or the kernel was built without this file.
  }
}
