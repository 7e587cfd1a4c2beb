import { describe, expect, test } from '@jest/globals';
import { echoManifest, problemOf, publish, slowMs, type TestedHome } from '../tested-home.ts';

export function describePublishing(home: TestedHome): void {
  describe('publishing', () => {
    test(
      'a draft becomes an immutable version with a digest and a signed release',
      async () => {
        const manifest = echoManifest(`publish-${home.unique}`);
        const draft = await home.client.createWorkflow(JSON.stringify(manifest), 'application/json');
        expect(draft).toMatchObject({ created: true, workflow: { state: 'draft', releaseId: null, publishedAt: null } });

        const published = await home.client.publishWorkflow(draft.workflow.id);

        expect(published).toMatchObject({ name: manifest.name, version: '1.0.0', state: 'published', id: draft.workflow.id });
        expect(published.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
        expect(published.releaseId).toMatch(/^rel_/);
        for (const ref of [published.id, manifest.name, `${manifest.name}@1.0.0`])
          expect(await home.client.getWorkflow(ref)).toEqual(published);
      },
      slowMs,
    );

    test(
      'the same content published again changes nothing, however it is spelt',
      async () => {
        const name = `again-${home.unique}`;
        const first = await publish(home, echoManifest(name));
        const yaml = `# a comment\nversion: 1.0.0\ntasks:\n  - with: { said: hello }\n    uses: pkg:demo/echo@1.0.0\n    id: echo\nname: ${name}\n`;
        const again = await home.client.createWorkflow(yaml);
        expect(again).toEqual({ created: false, workflow: first });
        expect(await home.client.publishWorkflow(again.workflow.id)).toEqual(first);
      },
      slowMs,
    );

    test(
      'other content under a published version is a conflict',
      async () => {
        const name = `conflict-${home.unique}`;
        const first = await publish(home, echoManifest(name));
        const problem = await problemOf(publish(home, echoManifest(name, { description: 'other' })));
        expect(problem).toMatchObject({ code: 'mc:workflow:version-conflict', status: 409 });
        expect(await home.client.getWorkflow(name)).toEqual(first);
      },
      slowMs,
    );

    test(
      'versions only grow',
      async () => {
        const name = `grow-${home.unique}`;
        await publish(home, echoManifest(name, { version: '1.2.0' }));
        const problem = await problemOf(publish(home, echoManifest(name, { version: '1.1.9' })));
        expect(problem).toMatchObject({ code: 'mc:workflow:version-not-greater', status: 409 });
        expect(await publish(home, echoManifest(name, { version: '1.10.0' }))).toMatchObject({ version: '1.10.0' });
        expect(await home.client.getWorkflow(name)).toMatchObject({ version: '1.10.0' });
      },
      slowMs,
    );

    test(
      'a bad manifest is refused with every problem at its line and column',
      async () => {
        const yaml = [
          `name: bad-${home.unique}`,
          'version: one',
          'tasks:',
          '  - id: a',
          '    uses: pkg:demo/echo@1.0.0',
          '    needs: [b]',
          '  - id: b',
          '    uses: pkg:demo/echo@1.0.0',
          '    needs: [a, nobody]',
          '  - id: b',
          '    uses: pkg:demo/echo@1.0.0',
          '    with: { said: "${{ inputs.missing }}" }',
        ].join('\n');
        const problem = await problemOf(home.client.createWorkflow(yaml));
        expect(problem).toMatchObject({ code: 'mc:manifest:invalid', status: 422 });
        expect(problem.issues.length).toBeGreaterThanOrEqual(4);
        for (const issue of problem.issues) expect(issue).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
        expect(problem.issues).toContainEqual(expect.objectContaining({ pointer: '/version', line: 2, column: 10 }));
        expect(problem.issues).toContainEqual(expect.objectContaining({ pointer: '/tasks/1/needs/1', line: 9 }));
      },
      slowMs,
    );

    test(
      'text that is no YAML, and a manifest of 10 MB, are refused',
      async () => {
        expect(await problemOf(home.client.createWorkflow('name: [unclosed'))).toMatchObject({ code: 'mc:manifest:invalid', status: 422 });
        const huge = await problemOf(home.client.createWorkflow(`name: huge\n${'# padding\n'.repeat(1_000_000)}`));
        expect(huge.status).toBe(413);
      },
      slowMs,
    );

    test(
      'a workflow that uses an unknown package can not be published',
      async () => {
        const manifest = echoManifest(`unknown-${home.unique}`, { tasks: [{ id: 'a', uses: 'pkg:demo/nothing@9.9.9' }] });
        expect(await problemOf(publish(home, manifest))).toMatchObject({ code: 'mc:package:not-found' });
      },
      slowMs,
    );

    test(
      'an unknown workflow is not found',
      async () => {
        for (const ref of [`nothing-${home.unique}`, 'wf_01ARZ3NDEKTSV4RRFFQ69G5FAV']) {
          expect(await problemOf(home.client.getWorkflow(ref))).toMatchObject({ code: 'mc:workflow:not-found', status: 404 });
        }
      },
      slowMs,
    );

    test(
      'pages of workflows hold every workflow once',
      async () => {
        for (const letter of ['a', 'b', 'c']) await publish(home, echoManifest(`page-${letter}-${home.unique}`));
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await home.client.listWorkflows({ limit: 2, cursor });
          expect(page.items.length).toBeLessThanOrEqual(2);
          seen.push(...page.items.map((item) => item.id));
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.length).toBeGreaterThanOrEqual(3);
      },
      slowMs,
    );

    test(
      'the versions of one workflow are listed with their state, the newest first, over pages',
      async () => {
        const name = `versions-${home.unique}`;
        for (const version of ['1.9.0', '1.10.0']) await publish(home, echoManifest(name, { version }));
        await home.client.createWorkflow(JSON.stringify(echoManifest(name, { version: '2.0.0' })), 'application/json');
        const first = await home.client.listWorkflows({ name, limit: 2 });
        const second = await home.client.listWorkflows({ name, limit: 2, cursor: first.cursor });
        const seen = [...first.items, ...second.items].map(({ version, state }) => `${version} ${state}`);
        expect(seen).toEqual(['2.0.0 draft', '1.10.0 published', '1.9.0 published']);
        expect((await home.client.listWorkflows({ name: `${name}-none` })).items).toEqual([]);
        expect(await problemOf(home.client.listWorkflows({ name: 'no name' }))).toMatchObject({ code: 'mc:request:invalid', status: 400 });
      },
      slowMs,
    );
  });
}
