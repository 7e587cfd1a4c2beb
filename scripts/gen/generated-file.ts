/** A file that is made from the sources: path in the repository and the text that has to be there. */
export interface GeneratedFile {
  path: string;
  text: string;
}
