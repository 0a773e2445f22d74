// What vite-plugin.mjs makes.
declare module 'virtual:runner' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: it stands for a file's text, as ?raw does
  export default text;
}
declare module 'virtual:language-worker' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: as above
  export default text;
}
declare module 'virtual:declarations' {
  const files: Record<string, string>;
  // biome-ignore lint/style/noDefaultExport: as above
  export default files;
}
declare module '*.css';

interface ImportMeta {
  /** By Vite. */
  readonly env: { readonly PROD: boolean };
}
