import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Colours text for standard output; plain when that is no terminal or NO_COLOR is set. */
export const paint = (format: Format, text: string): string => styleText(format, text, { stream: process.stdout });

/** The same for standard error. */
export const paintError = (format: Format, text: string): string => styleText(format, text, { stream: process.stderr });
