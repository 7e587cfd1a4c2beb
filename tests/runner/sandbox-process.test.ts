import { describe, expect, jest, test } from '@jest/globals';
import type { Command } from '../../runner/sandbox/isolation.ts';
import { SandboxProcess } from '../../runner/sandbox/child/sandbox-process.ts';

/** A child that does not run tasks: what the other end of the pipes may come to do. */
async function start(code: string): Promise<SandboxProcess> {
  const command: Command = { program: process.execPath, args: ['-e', `const fs = require('fs'); ${code}`], reportsPid: false };
  const started = await SandboxProcess.start(command, {});
  if (started instanceof SandboxProcess) return started;
  throw started;
}

const ready = `fs.writeSync(4, '{"ready":true}\\n');`;
const stays = 'setInterval(() => {}, 1000);';

describe('a started child', () => {
  test('waits when it has said that it is ready, and nothing else', async () => {
    const child = await start(ready + stays);
    expect(child.isWaiting).toBe(false);
    expect(await child.ready).toBe(true);
    expect(child.isWaiting).toBe(true);
    child.kill();
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(child.isWaiting).toBe(false);
    const talks = await start(`fs.writeSync(4, '{"ready":true}\\n{"kind":"succeeded"}\\n'); ${stays}`);
    expect(await talks.ready).toBe(true);
    expect(talks.isWaiting).toBe(false);
    talks.kill();
    await talks.ended;
  });

  test('that ends before it is ready is not ready', async () => {
    const child = await start('process.exit(3);');
    expect(await child.ready).toBe(false);
    expect(await child.ended).toEqual({ code: 3, signal: null });
  });

  test('that the system refuses to start is an error, also where Node throws it', async () => {
    for (const [program, args, code] of [
      ['/no/such/program', [], 'ENOENT'],
      [process.execPath, ['x'.repeat(4_000_000)], 'E2BIG'],
    ] as const)
      expect(await SandboxProcess.start({ program, args: [...args], reportsPid: false }, {})).toMatchObject({ code });
  });

  test('that floods the answer before it was asked is killed, and little of it is kept', async () => {
    const child = await start(`for (;;) fs.writeSync(4, 'x'.repeat(4096));`);
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(child.answer.length).toBeLessThanOrEqual(8 * 1024);
  });

  test('keeps what it prints until somebody listens, and tells the last who does', async () => {
    const child = await start(`console.log('early'); ${ready} fs.readSync(3, Buffer.alloc(1)); console.log('late');`);
    await child.ready;
    const heard: string[] = [];
    child.onPrint((_, chunk) => heard.push(`first: ${String(chunk).trim()}`));
    while (heard.length === 0) await new Promise((done) => setTimeout(done, 10));
    child.onPrint((_, chunk) => heard.push(`second: ${String(chunk).trim()}`));
    child.send('go');
    await child.ended;
    expect(heard).toEqual(['first: early', 'second: late']);
  });

  test('is sent no signal after its end, when its number may be another process', async () => {
    const child = await start('process.exit(0);');
    await child.ended;
    const kill = jest.spyOn(process, 'kill');
    child.kill();
    expect(kill).not.toHaveBeenCalled();
  });
});
