/** The services that Restate calls: a handler for each shape of the workflow, which notes when its first task was entered. Ends with the driver. */
import { createServer } from 'node:http2';
import { createRequire } from 'node:module';
import { openServiceChannel } from './service-channel.ts';

/** What is used of @restatedev/restate-sdk, which is installed on demand and never a dependency. */
interface RestateSdk {
  service(definition: { name: string; handlers: Record<string, (context: Context, input: Input) => Promise<string>> }): unknown;
  createEndpointHandler(options: { services: unknown[] }): Parameters<typeof createServer>[1];
}
interface Context {
  run<T>(name: string, step: () => T): Promise<T>;
  serviceClient(service: { name: string }): { run(input: Input): Promise<string> };
}
interface Input {
  key: string;
  message: string;
}

const [sdkFrom = ''] = process.argv.slice(2);
const restate = createRequire(sdkFrom)('@restatedev/restate-sdk') as RestateSdk;
const channel = openServiceChannel();

const task = { name: 'task' };
const tasks = restate.service({
  ...task,
  handlers: {
    run: async (_, { key, message }) => {
      channel.noteStart(key);
      return message;
    },
  },
});
const bench = restate.service({
  name: 'bench',
  handlers: {
    steps: async (context, { key }) => {
      const first = await context.run('first', () => {
        channel.noteStart(key);
        return 'hello';
      });
      const second = await context.run('second', () => first);
      const third = await context.run('third', () => second);
      channel.noteCompletion();
      return third;
    },
    calls: async (context, { key }) => {
      const first = await context.serviceClient(task).run({ key, message: 'hello' });
      const second = await context.serviceClient(task).run({ key, message: first });
      const third = await context.serviceClient(task).run({ key, message: second });
      channel.noteCompletion();
      return third;
    },
  },
});

const server = createServer(restate.createEndpointHandler({ services: [bench, tasks] }));
server.listen(0, '127.0.0.1', () => channel.announce(server.address()));
