import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createWorkflow, type CreatedWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { getPublished, getWorkflow, loadManifest } from '../../../shared/manifest/get-workflow.ts';
import { listWorkflows } from '../../../shared/manifest/list-workflows.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { publishDraft } from '../../support/publish-draft.ts';
import { buildManifestText, buildOneTask } from '../../support/build-manifest.ts';
import { publishTestPackage } from '../../support/publish-test-package.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const actor = buildActor();
const stranger = buildActor(['admin'], 'other');
const code = (value: string): unknown => expect.objectContaining({ code: value });
let home: TestHome;

beforeEach(async () => {
  home = buildDeps();
  await addTenant(home.deps);
  await publishTestPackage(home.deps);
});
afterEach(() => home.close());

const create = (overrides: Record<string, unknown> = {}, by = actor): Promise<CreatedWorkflow> =>
  createWorkflow(home.deps, by, { text: buildManifestText(overrides), mediaType: 'application/yaml' });

describe('creating a workflow', () => {
  test('stores a draft that can be read back', async () => {
    const { workflow, created } = await create();
    expect({ workflow, created }).toMatchObject({
      workflow: { name: 'hello', version: '1.0.0', state: 'draft', createdBy: actor.sub, releaseId: null },
      created: true,
    });
    expect(await getWorkflow(home.deps, actor, workflow.id)).toEqual(workflow);
  });

  test('with the same content again changes nothing', async () => {
    const first = await create();
    home.clock.advance(1_000);
    expect(await create()).toEqual({ ...first, created: false });
  });

  test('with other content replaces the draft and keeps its id', async () => {
    const first = await create();
    const second = await create({ description: 'better' });
    expect(second).toMatchObject({ created: true, workflow: { id: first.workflow.id, manifest: { description: 'better' } } });
    expect((await getWorkflow(home.deps, actor, 'hello')).digest).toBe(second.workflow.digest);
  });

  test('never touches a published version: the same content is answered, other content is a conflict', async () => {
    const { workflow } = await create();
    const published = await publishDraft(home.deps, actor, { id: workflow.id });
    expect(await create()).toEqual({ workflow: published.workflow, created: false });
    await expect(create({ description: 'changed' })).rejects.toThrow(code('mc:workflow:version-conflict'));
    expect(await getWorkflow(home.deps, actor, workflow.id)).toEqual(published.workflow);
  });

  test('with a bad manifest stores nothing', async () => {
    await expect(create({ version: '1' })).rejects.toThrow(code('mc:manifest:invalid'));
    expect((await listWorkflows(home.deps, actor, {})).items).toEqual([]);
  });

  test('that nests as deep as a manifest may is stored, and one level more is said at its place', async () => {
    const lists = (levels: number): unknown => (levels === 0 ? 1 : [lists(levels - 1)]);
    const nesting = (levels: number): Record<string, unknown> => ({
      inputs: { who: { type: 'array', default: lists(levels) } },
      tasks: buildOneTask()['tasks'],
    });
    const { workflow } = await create(nesting(28));
    expect(await getWorkflow(home.deps, actor, workflow.id)).toEqual(workflow);
    const issue = { code: 'depth', pointer: `/inputs/who/default${'/0'.repeat(29)}`, allowed: 'at most 32 levels' };
    await expect(create({ version: '1.0.1', ...nesting(29) })).rejects.toMatchObject({ code: 'mc:manifest:invalid', issues: [issue] });
  });

  test('at the same time leaves one whole draft', async () => {
    const results = await Promise.all(['a', 'b', 'c'].map((description) => create({ description })));
    expect(new Set(results.map(({ workflow }) => workflow.id)).size).toBe(1);
    const stored = await getWorkflow(home.deps, actor, 'hello@1.0.0');
    expect(results.map(({ workflow }) => workflow)).toContainEqual(stored);
  });

  test('that never gets its turn says so', async () => {
    const lost = wrapTable(home.table, { write: async () => ({ ok: false, failed: [0] }) });
    const source = { text: buildManifestText(), mediaType: 'application/yaml' };
    await expect(createWorkflow({ ...home.deps, table: lost }, actor, source)).rejects.toThrow(code('mc:store:conflict'));
  });
});

describe('finding a workflow', () => {
  test.each(['hello', 'hello@1.0.0'])('%s of another tenant does not exist', async (ref) => {
    await create();
    await expect(getWorkflow(home.deps, stranger, ref)).rejects.toThrow(code('mc:workflow:not-found'));
  });

  test('by the id of another tenant does not work either, published or not, cached or not', async () => {
    const { workflow } = await create();
    await publishDraft(home.deps, actor, { id: workflow.id });
    await getPublished(home.deps, actor, workflow.id);
    await expect(getWorkflow(home.deps, stranger, workflow.id)).rejects.toThrow(code('mc:workflow:not-found'));
    await expect(getPublished(home.deps, stranger, workflow.id)).rejects.toThrow(code('mc:workflow:not-found'));
  });

  test.each([
    'nobody',
    'nobody@1.0.0',
    'hello@9.9.9',
    'hello@latest',
    'hello@01.0.0',
    'hello@99999999999999999999.0.0',
    'a b',
    '',
    'wf_01K9ZZZZZZZZZZZZZZZZZZZZZZ',
    '../x',
  ])('%j is not found', async (ref) => {
    await create();
    await expect(getWorkflow(home.deps, actor, ref)).rejects.toThrow(code('mc:workflow:not-found'));
    await expect(getPublished(home.deps, actor, ref)).rejects.toThrow(code('mc:workflow:not-found'));
  });

  test('a bare name means the newest published version, or the highest draft when none is published', async () => {
    await create({ version: '0.9.0' });
    const { workflow } = await create();
    expect((await getWorkflow(home.deps, actor, 'hello')).version).toBe('1.0.0');
    await publishDraft(home.deps, actor, { id: workflow.id });
    await create({ version: '1.1.0' });
    for (const get of [getWorkflow, getPublished]) expect((await get(home.deps, actor, 'hello')).version).toBe('1.0.0');
  });

  test('a draft is not found where a published version is asked for', async () => {
    const { workflow } = await create();
    for (const ref of [workflow.id, 'hello', 'hello@1.0.0'])
      await expect(getPublished(home.deps, actor, ref)).rejects.toThrow(code('mc:workflow:not-found'));
  });

  test('a published version is read once, whatever it is called by', async () => {
    const { workflow } = await publishDraft(home.deps, actor, { id: (await create()).workflow.id });
    const first = await getPublished(home.deps, actor, 'hello');
    expect(await getPublished(home.deps, actor, workflow.id)).toBe(first);
    expect(await getPublished(home.deps, actor, 'hello@1.0.0')).toBe(first);
  });
});

describe('the manifest a run is pinned to', () => {
  test('is found by its digest, also when newer versions exist', async () => {
    const { workflow } = await publishDraft(home.deps, actor, { id: (await create()).workflow.id });
    await publishDraft(home.deps, actor, { id: (await create({ version: '2.0.0' })).workflow.id });
    expect(await loadManifest(home.deps, actor.tenant, workflow)).toEqual(workflow.manifest);
    expect(await loadManifest(home.deps, actor.tenant, workflow)).toBe(await loadManifest(home.deps, actor.tenant, workflow));
  });

  test('is not found for another tenant or digest', async () => {
    const { workflow } = await publishDraft(home.deps, actor, { id: (await create()).workflow.id });
    await loadManifest(home.deps, actor.tenant, workflow);
    await expect(loadManifest(home.deps, stranger.tenant, workflow)).rejects.toThrow(code('mc:workflow:not-found'));
    await expect(loadManifest(home.deps, actor.tenant, { ...workflow, digest: digestBytes('other') })).rejects.toThrow(
      code('mc:workflow:not-found'),
    );
  });
});

describe('listing workflows', () => {
  test('goes through all versions of the tenant by name and precedence, page by page', async () => {
    for (const version of ['1.10.0', '1.9.0', '1.9.0-rc.1']) await create({ version });
    await create({ name: 'abc' });
    await create({}, stranger);
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listWorkflows(home.deps, actor, { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      names.push(...page.items.map(({ name, version }) => `${name}@${version}`));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(names).toEqual(['abc@1.0.0', 'hello@1.9.0-rc.1', 'hello@1.9.0', 'hello@1.10.0']);
  });

  test('of one name gives its versions, the newest first, page by page, and none of a name that only begins so or of another tenant', async () => {
    for (const version of ['1.9.0', '1.10.0', '1.9.0-rc.1']) await create({ version });
    await publishDraft(home.deps, actor, { id: (await getWorkflow(home.deps, actor, 'hello@1.10.0')).id });
    await create({ name: 'hello-2' });
    await create({ version: '3.0.0' }, stranger);
    const first = await listWorkflows(home.deps, actor, { name: 'hello', limit: 2 });
    expect(first.items.map(({ version, state }) => `${version} ${state}`)).toEqual(['1.10.0 published', '1.9.0 draft']);
    const cursor = first.cursor ?? '';
    const second = await listWorkflows(home.deps, actor, { name: 'hello', limit: 2, cursor });
    expect(second.items.map(({ version }) => version)).toEqual(['1.9.0-rc.1']);
    expect(second.cursor).toBeUndefined();
    expect((await listWorkflows(home.deps, actor, { name: 'hell' })).items).toEqual([]);
  });
});
