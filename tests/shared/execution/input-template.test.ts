/** What a manifest says of the inputs of its tasks, read once. */
import { describe, expect, test } from '@jest/globals';
import { digestJson } from '../../../shared/core/digest.ts';
import { inputTemplate } from '../../../shared/execution/dispatch/input-template.ts';
import { Manifest } from '../../../shared/manifest/manifest.ts';
import { buildManifest } from '../../support/build-manifest.ts';

const uses = 'pkg:demo/echo@1.0.0';
const withTasks = (...tasks: object[]): Manifest => Manifest.parse(buildManifest({ inputs: { word: { type: 'string' } }, tasks }));

describe('a template of inputs', () => {
  test('that names nothing of a run gives every attempt the same inputs, which nobody can change', () => {
    const manifest = withTasks({ id: 'only', uses, with: { message: 'hello', list: [{ deep: 1 }] } });
    const { constant } = inputTemplate(manifest, 'only', 'task');
    expect(constant).toEqual({
      inputs: { message: 'hello', list: [{ deep: 1 }] },
      digest: digestJson({ message: 'hello', list: [{ deep: 1 }] }),
    });
    expect(inputTemplate(manifest, 'only', 'task').constant).toBe(constant);
    const inputs = constant?.inputs as { list: { deep: number }[] };
    expect(() => (inputs.list[0]!.deep = 2)).toThrow(TypeError);
    expect(() => inputs.list.push({ deep: 3 })).toThrow(TypeError);
  });

  test('that names nothing of a run is masked like any other, and its compensation is not', () => {
    const task = { id: 'only', uses, with: { key: 'secret' }, redact: ['/key'], compensate: { uses, with: { key: 'undo' } } };
    const manifest = withTasks(task);
    expect(inputTemplate(manifest, 'only', 'task').constant?.inputs).toEqual({ key: '[redacted]' });
    expect(inputTemplate(manifest, 'only', 'compensation').constant?.inputs).toEqual({ key: 'undo' });
  });

  test.each([
    ['an input', { m: '${{ inputs.word }}' }, true, []],
    ['outputs, each task once', { a: '${{ tasks.first.outputs.a }}', b: 'x ${{ tasks.first.outputs.b }}' }, false, ['first']],
    ['both, deep inside', { l: [{ a: '${{ tasks.first.outputs.a }} of ${{ inputs.word }}' }] }, true, ['first']],
  ])('that names %s is resolved for every attempt', (_, given, namesInputs, taskIds) => {
    const manifest = withTasks({ id: 'first', uses }, { id: 'second', uses, needs: ['first'], with: given });
    expect(inputTemplate(manifest, 'second', 'task')).toEqual({ with: given, redact: [], taskIds, namesInputs });
  });

  test('is that of its own manifest', () => {
    const [one, other] = ['one', 'other'].map((message) => withTasks({ id: 'only', uses, with: { message } }));
    expect([one, other].map((manifest) => manifest && inputTemplate(manifest, 'only', 'task').with)).toEqual([
      { message: 'one' },
      { message: 'other' },
    ]);
  });

  test('of a task that the manifest does not have is a bug', () => {
    expect(() => inputTemplate(withTasks({ id: 'only', uses }), 'another', 'task')).toThrow('the manifest has no task another');
  });
});
