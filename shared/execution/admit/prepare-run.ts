import { LRUCache } from 'lru-cache';
import { assertInvariant, McError } from '../../core/errors.ts';
import { ReusedReading } from '../../core/reused-reading.ts';
import { inputBytesOf } from '../../estimate/input-bytes.ts';
import { getPublished } from '../../manifest/get-workflow.ts';
import type { Workflow } from '../../manifest/workflow.ts';
import { buildPlan } from '../../plan/build-plan.ts';
import { checkInputs } from '../../plan/check-inputs.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { StartRequest } from '../execution.ts';
import { prepareJson } from '../stored-json.ts';
import type { PreparedRun } from './admit-run.ts';
import { requireFiles } from './input-files.ts';

/** Inputs beyond it are rarely equal, and comparing them would cost as much; all of them are kept in their item and not as a blob. */
const maxCharacters = 1_024;
/** Different inputs that are remembered of one version of a workflow. */
const rememberedMax = 256;

/** By who asks and by the published version as it was read, which belongs to one tenant and never changes. */
const preparations = new WeakMap<Deps, WeakMap<Workflow, LRUCache<string, ReusedReading<PreparedRun>>>>();

/**
 * What must hold before policy is asked: a published workflow, inputs that fit it, a plan whose packages exist. Equal starts within 50 ms share it, the sealed
 * inputs included; nothing in it says whether the run may begin. Throws as `getPublished` and `buildPlan` do, and `mc:execution:inputs-invalid`.
 */
export async function prepareRun(deps: Deps, actor: Actor, request: StartRequest): Promise<PreparedRun> {
  const workflow = await getPublished(deps, actor, request.workflow);
  const key = keyOf(workflow, request);
  if (key === undefined) return prepare(deps, actor, workflow, request);
  const known = preparationsOf(deps, workflow);
  const preparation = known.get(key) ?? new ReusedReading<PreparedRun>();
  known.set(key, preparation);
  return preparation.at(deps.clock.elapsedMs(), () => prepare(deps, actor, workflow, request));
}

/** What equal starts of a workflow have in common; undefined where files are looked up, for those may be purged at any time. */
function keyOf({ manifest }: Workflow, { inputs = {}, region }: StartRequest): string | undefined {
  if (Object.values(manifest.inputs ?? {}).some(({ type }) => type === 'file')) return undefined;
  const text = JSON.stringify([region ?? null, inputs]);
  return text.length <= maxCharacters ? text : undefined;
}

function preparationsOf(deps: Deps, workflow: Workflow): LRUCache<string, ReusedReading<PreparedRun>> {
  const ofDeps = preparations.get(deps) ?? new WeakMap<Workflow, LRUCache<string, ReusedReading<PreparedRun>>>();
  preparations.set(deps, ofDeps);
  const known = ofDeps.get(workflow) ?? new LRUCache<string, ReusedReading<PreparedRun>>({ max: rememberedMax });
  ofDeps.set(workflow, known);
  return known;
}

async function prepare(deps: Deps, actor: Actor, { manifest, digest }: Workflow, request: StartRequest): Promise<PreparedRun> {
  const { inputs, issues } = checkInputs(manifest, request.inputs ?? {});
  if (issues.length > 0) throw new McError('mc:execution:inputs-invalid', 'the inputs do not fit the workflow', { issues });
  const files = await requireFiles(deps, actor.tenant, manifest, inputs);
  const inputBytes = await inputBytesOf(deps, actor.tenant, manifest, inputs);
  assertInvariant(inputBytes !== undefined, 'a file that was there is gone');
  const plan = await buildPlan(deps, actor.tenant, { manifest, digest }, { region: request.region, inputBytes });
  const { stored, blob: inputsBlob } = await prepareJson(deps, actor.tenant, inputs);
  return { manifest, plan, inputs: stored, inputsBlob, files, inputBytes };
}
