// Prints, as JSON, what each page given asks of Gmail, Outlook, Apple Mail and Yahoo that they do
// not support: {feature: [client, ...]}.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

const clients = ["gmail.*", "outlook.*", "apple-mail.*", "yahoo.*"];
const unsupported = {};
for (const file of process.argv.slice(2)) {
  const { errors } = caniemail({ clients, html: readFileSync(file, "utf8") }).issues;
  for (const [client, issues] of errors) {
    for (const { title } of issues) {
      (unsupported[title] ??= new Set()).add(client);
    }
  }
}
const sorted = Object.entries(unsupported).map(([title, found]) => [title, [...found].sort()]);
console.log(JSON.stringify(Object.fromEntries(sorted.sort()), null, 1));
