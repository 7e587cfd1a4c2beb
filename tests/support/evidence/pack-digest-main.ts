/** A process of its own that makes the pack of a run of a data folder, and writes its digest. Arguments: the folder, the run, the mask of new files. */
import { openEmbeddedHome } from '../../../cli/host/embedded-deps.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import type { Actor } from '../../../shared/tenant/actor.ts';
import { collectBytes } from './pack-bytes.ts';

const [dataDir = '', id = '', mask = '22'] = process.argv.slice(2);
process.umask(parseInt(mask, 8));
const home = await openEmbeddedHome({ dataDir, runner: new SimulatedRunner() });
const { deps } = home;
const actor: Actor = { sub: 'admin@example.com', tenant: deps.config.ownerTenant, roles: ['admin'] };
const bytes = await collectBytes((await openDisclosure(deps, actor, { id })).chunks);
await home.close();
process.stdout.write(`${digestBytes(bytes)} ${new Date(0).getHours()} ${(0.5).toLocaleString()}\n`);
