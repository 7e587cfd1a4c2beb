import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { getPublished, getWorkflow } from '../../../shared/manifest/get-workflow.ts';
import type { PublishedWorkflow } from '../../../shared/publish/publish-workflow.ts';
import type { Workflow } from '../../../shared/manifest/workflow.ts';
import type { Faults } from '../../../shared/port/faults.ts';
import { verifyRelease } from '../../../shared/receipt/release-statement.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { publishDraft } from '../../support/publish-draft.ts';
import { buildManifestText } from '../../support/build-manifest.ts';
import { publishTestPackage } from '../../support/publish-test-package.ts';

const actor = buildActor();
const code = (value: string): unknown => expect.objectContaining({ code: value });
let home: TestHome;

beforeEach(async () => {
  home = buildDeps();
  await addTenant(home.deps);
  await publishTestPackage(home.deps);
});
afterEach(() => home.close());

async function draft(overrides: Record<string, unknown> = {}): Promise<Workflow> {
  return (await createWorkflow(home.deps, actor, { text: buildManifestText(overrides), mediaType: 'application/yaml' })).workflow;
}

async function publish(
  overrides: Record<string, unknown> = {},
  request: { bump?: 'patch' | 'minor' | 'major' } = {},
): Promise<PublishedWorkflow> {
  return publishDraft(home.deps, actor, { id: (await draft(overrides)).id, ...request });
}

describe('publishing a draft', () => {
  test('makes it the published version, with a signed release of exactly its digest', async () => {
    const { workflow, releaseId, alreadyPublished } = await publish();
    expect({ workflow, alreadyPublished }).toMatchObject({
      workflow: { state: 'published', releaseId, publishedAt: '2026-01-15T12:00:00.000Z' },
      alreadyPublished: false,
    });
    await verifyRelease(home.deps, actor.tenant, releaseId, { name: 'hello@1.0.0', digest: workflow.digest });
    expect(await getPublished(home.deps, actor, 'hello')).toEqual(workflow);
  });

  test('stores the canonical manifest under its digest', async () => {
    const { workflow } = await publish();
    const bytes = await home.deps.blobs.find(actor.tenant, 'data', workflow.digest);
    expect(Buffer.from(bytes ?? []).toString()).toBe(canonicalJson(workflow.manifest));
  });

  test('again changes nothing, and answers the same release', async () => {
    const first = await publish();
    const again = await publishDraft(home.deps, actor, { id: first.workflow.id });
    expect(again).toEqual({ ...first, alreadyPublished: true });
    expect((await publishDraft(home.deps, actor, { id: 'hello', bump: 'patch' })).workflow.version).toBe('1.0.0');
  });

  test.each(['hello', 'hello@1.0.0'])('can be asked for as %s', async (id) => {
    await draft();
    expect((await publishDraft(home.deps, actor, { id })).workflow.state).toBe('published');
  });

  test('under a bare name publishes the highest draft, although a lower version is published', async () => {
    await publish();
    await draft({ version: '1.1.0' });
    expect((await publishDraft(home.deps, actor, { id: 'hello' })).workflow.version).toBe('1.1.0');
  });

  test('of another tenant is not found', async () => {
    const { id } = await draft();
    await expect(publishDraft(home.deps, buildActor(['admin'], 'other'), { id })).rejects.toThrow(code('mc:workflow:not-found'));
  });
});

describe('versions grow', () => {
  test('by the precedence of semantic versions, prereleases included', async () => {
    for (const version of ['1.0.0-alpha', '1.0.0-alpha.2', '1.0.0-alpha.10', '1.0.0-beta', '1.0.0', '1.9.0', '1.10.0']) {
      expect((await publish({ version })).workflow.version).toBe(version);
    }
    expect((await getPublished(home.deps, actor, 'hello')).version).toBe('1.10.0');
  });

  test.each(['1.0.0-rc.1', '0.9.9'])('%s is refused after 1.0.0', async (version) => {
    await publish();
    await expect(publish({ version })).rejects.toThrow(code('mc:workflow:version-not-greater'));
    expect((await getWorkflow(home.deps, actor, `hello@${version}`)).state).toBe('draft');
  });

  test('for each workflow apart', async () => {
    await publish({ version: '2.0.0' });
    expect((await publish({ name: 'other', version: '1.0.0' })).workflow.version).toBe('1.0.0');
  });
});

describe('publishing with a bump', () => {
  test('is refused where no version is above, and what can be published stays so', async () => {
    const highest = `${Number.MAX_SAFE_INTEGER}.0.0`;
    await expect(publish({ version: highest }, { bump: 'major' })).rejects.toThrow(code('mc:workflow:version-not-greater'));
    expect((await publish({ version: highest }, { bump: 'minor' })).workflow.version).toBe(`${Number.MAX_SAFE_INTEGER}.1.0`);
    await expect(publish({ version: '1.0.0' })).rejects.toThrow(code('mc:workflow:version-not-greater'));
  });

  test('moves the draft and its id to the version above the newest published one', async () => {
    await publish({ version: '1.4.2' });
    const old = await draft({ version: '0.0.1' });
    const { workflow } = await publishDraft(home.deps, actor, { id: old.id, bump: 'minor' });
    expect(workflow).toMatchObject({ id: old.id, version: '1.5.0', manifest: { version: '1.5.0' } });
    expect(workflow.digest).not.toBe(old.digest);
    expect(await getWorkflow(home.deps, actor, old.id)).toEqual(workflow);
    await expect(getWorkflow(home.deps, actor, 'hello@0.0.1')).rejects.toThrow(code('mc:workflow:not-found'));
  });

  test('raises the draft’s own version when that is the higher one', async () => {
    await publish();
    expect((await publish({ version: '2.0.0' }, { bump: 'patch' })).workflow.version).toBe('2.0.1');
  });

  test('can be repeated after an answer that was lost', async () => {
    const first = await publish({}, { bump: 'major' });
    expect(await publishDraft(home.deps, actor, { id: first.workflow.id, bump: 'major' })).toEqual({ ...first, alreadyPublished: true });
  });

  test('does not run over another draft', async () => {
    await draft({ version: '1.0.1' });
    await expect(publish({}, { bump: 'patch' })).rejects.toThrow(code('mc:workflow:version-conflict'));
  });
});

describe('what keeps a draft from being published', () => {
  const task = (fields: Record<string, unknown>): Record<string, unknown> => ({
    tasks: [{ id: 'greet', uses: 'pkg:demo/echo@1.0.0', with: { message: 'x' }, ...fields }],
  });

  test('is every package that does not exist, at its place', async () => {
    const unknown = publish({
      tasks: [
        ...(task({ uses: 'pkg:demo/ecko@1.0.0' })['tasks'] as unknown[]),
        { id: 'b', uses: 'pkg:x/y@1.0.0', compensate: { uses: 'pkg:demo/ecko@1.0.0' } },
      ],
    });
    await expect(unknown).rejects.toMatchObject({
      code: 'mc:package:not-found',
      issues: [{ pointer: '/tasks/0/uses' }, { pointer: '/tasks/1/uses' }, { pointer: '/tasks/1/compensate/uses' }],
    });
  });

  test('is inputs that its package does not take', async () => {
    await expect(publish(task({ with: { massage: 'x' } }))).rejects.toMatchObject({
      code: 'mc:manifest:invalid',
      issues: [
        { code: 'missing-input', pointer: '/tasks/0/with/message' },
        { code: 'unknown-field', pointer: '/tasks/0/with/massage', fix: 'Did you mean message?' },
      ],
    });
    expect((await getWorkflow(home.deps, actor, 'hello')).state).toBe('draft');
  });
});

describe('racing publishers', () => {
  test('of one draft get the same release', async () => {
    const { id } = await draft();
    const results = await Promise.all(Array.from({ length: 8 }, () => publishDraft(home.deps, actor, { id })));
    expect(new Set(results.map(({ releaseId }) => releaseId)).size).toBe(1);
    expect(results.filter(({ alreadyPublished }) => !alreadyPublished)).toHaveLength(1);
  });

  test('of two versions both win only in growing order', async () => {
    const drafts = [await draft({ version: '1.0.0' }), await draft({ version: '1.1.0' })];
    const results = await Promise.allSettled(drafts.map(({ id }) => publishDraft(home.deps, actor, { id })));
    const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    for (const reason of failed) expect(reason).toMatchObject({ code: 'mc:workflow:version-not-greater' });
    expect((await getPublished(home.deps, actor, 'hello')).version).toBe('1.1.0');
  });

  test('a draft replaced while it is being signed is not published as what it was', async () => {
    const { id } = await draft();
    let isReplaced = false;
    const faults: Faults = {
      hit: async () => {
        if (!isReplaced) await draft({ description: 'other words' });
        isReplaced = true;
      },
    };
    const { workflow } = await publishDraft({ ...home.deps, faults }, actor, { id });
    expect(workflow.manifest.description).toBe('other words');
  });

  test('that never get their turn are told to try again', async () => {
    const { id } = await draft();
    let round = 0;
    const faults: Faults = { hit: async () => void (await draft({ description: `round ${round++}` })) };
    await expect(publishDraft({ ...home.deps, faults }, actor, { id })).rejects.toThrow(code('mc:store:conflict'));
  });
});

test('a crash after the release was signed leaves a draft, and publishing again succeeds', async () => {
  const { id } = await draft();
  const faults: Faults = {
    hit: (point) => {
      throw new Error(point);
    },
  };
  await expect(publishDraft({ ...home.deps, faults }, actor, { id })).rejects.toThrow('publish:after-release-blob');
  expect((await getWorkflow(home.deps, actor, id)).state).toBe('draft');
  await expect(getPublished(home.deps, actor, 'hello')).rejects.toThrow(code('mc:workflow:not-found'));
  expect((await publishDraft(home.deps, actor, { id })).alreadyPublished).toBe(false);
});
