import type { Plugin } from "vite";
import type { HelpPage } from "../src/shell/help/pages";

export const PAGES: readonly string[];
export function slug(title: string): string;
export function renderPage(name: string, text: string): HelpPage;
export function renderPages(): HelpPage[];
export function helpPages(): Plugin;
