// Vite gives a file's text for an import whose name ends in ?raw.
declare module '*?raw' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: it is Vite that decides how it is exported
  export default text;
}
