import type { Issue } from '../core/issue.ts';
import { cutText } from '../core/text/cut-text.ts';
import { firstIssues, maxIssues } from './bounded-issues.ts';

/** The library repeats what it met, which may be most of the text. */
const shownCharacters = 200;

/** What the library calls wrong; a place in the text is an offset in UTF-16 units. */
export interface SyntaxProblem {
  code: string;
  message: string;
  offset: number;
}

/** Everything that is wrong with a text, in the order in which it is found; of a hostile one no more than is listed. */
export class TextProblems {
  readonly #found: { issue: Issue; offset: number }[] = [];

  /** Nothing else would be listed, so nothing needs to be looked for. */
  get isFull(): boolean {
    return this.#found.length > maxIssues;
  }

  add(issue: Issue, offset: number): void {
    if (!this.isFull) this.#found.push({ issue, offset });
  }

  /** What the library finds wrong, in our words where its own leave a newcomer alone. */
  addSyntax({ code, message, offset }: SyntaxProblem): void {
    if (!this.isFull) this.add({ pointer: '', ...explainSyntax(code, cutText(message, shownCharacters)) }, offset);
  }

  /** The problems with their places. */
  issues(withPlace: (issue: Issue, offset: number) => Issue): Issue[] {
    const deep = this.#found.find(({ issue }) => issue.code === 'depth');
    // What nests too deeply was read no further, so that the rest is wrong in ways of its own.
    const found = deep ? [deep] : this.#found;
    return firstIssues(found.map(({ issue, offset }) => withPlace(issue, offset)));
  }
}

function explainSyntax(code: string, message: string): Pick<Issue, 'code' | 'message' | 'allowed' | 'fix'> {
  if (code === 'TAG_RESOLVE_FAILED') return { code: 'tag', message, fix: 'Remove the tag; JSON has no such type.' };
  if (code === 'TAB_AS_INDENT')
    return {
      code: 'syntax',
      message: 'a tab stands where YAML takes only spaces',
      allowed: 'spaces before the first character of a line',
      fix: 'Put spaces in place of the tab; editors call this "convert indentation to spaces".',
    };
  return { code: 'syntax', message, fix: 'Correct the YAML at this place.' };
}
