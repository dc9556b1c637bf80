declare module "virtual:help-pages" {
  const pages: import("./pages").HelpPage[];
  export default pages;
}
