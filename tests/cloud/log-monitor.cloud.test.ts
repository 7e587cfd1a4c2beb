import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { MaestroClient } from '../../cli/client/maestro-client.ts';
import { gatewayRequest } from '../../scripts/cloud/gateway-request.ts';
import { echoManifest, publish, run, slowMs } from '../e2e/tested-home.ts';
import { gateway } from './emulator-request.ts';
import { cloud } from './environment.ts';

const home = { client: new MaestroClient({ url: cloud.MC_URL, token: cloud.MC_TOKEN }) };
const Functions = z.object({ Functions: z.array(z.object({ FunctionName: z.string() })), NextMarker: z.string().nullish() });
const LogLook = z.object({ verified: z.number(), size: z.number(), differences: z.array(z.string()) });

async function functionNamed(part: string): Promise<string> {
  let marker: string | null | undefined = '';
  do {
    const path = `/2015-03-31/functions?Marker=${encodeURIComponent(marker)}`;
    const page = Functions.parse(JSON.parse((await gatewayRequest(gateway, { path, service: 'lambda' })).body));
    const found = page.Functions.find(({ FunctionName }) => FunctionName.includes(part));
    if (found) return found.FunctionName;
    marker = page.NextMarker;
  } while (marker);
  throw new Error(`there is no function ${part}`);
}

describe('the monitor of the transparency log, as deployed', () => {
  test(
    'finds every entry of the log in the table, and no difference',
    async () => {
      const { name } = await publish(home, echoManifest(`watched-${Date.now().toString(36)}`));
      const { id } = await run(home, { workflow: name });
      await home.client.getReceipt(id); // Whoever asks for a receipt has it logged.
      const path = `/2015-03-31/functions/${await functionNamed('TransparencyLogMonitor')}/invocations`;
      const { body } = await gatewayRequest(gateway, { path, service: 'lambda', form: {} });
      const look = LogLook.parse(JSON.parse(body));
      expect(look.differences).toEqual([]);
      expect(look.size).toBeGreaterThan(0);
      expect(look.verified).toBe(look.size);
    },
    slowMs,
  );
});
