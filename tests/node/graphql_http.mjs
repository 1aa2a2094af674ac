// Runs the audits of graphql-http against the endpoint that is named, and prints what is not ok.
import { serverAudits } from "graphql-http";

const audits = serverAudits({ url: process.argv[2] });
const results = await Promise.all(audits.map((audit) => audit.fn()));
const failed = results.filter((result) => result.status !== "ok");
for (const { status, id, name, reason } of failed) console.log(status, id, name, reason);
console.log(`${results.length - failed.length} of ${results.length}`);
