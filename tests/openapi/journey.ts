// The whole journey of a quote, by openapi-fetch and the types that openapi-typescript makes: prints it.
import createClient from "openapi-fetch";
import type { components, paths } from "./quotehold.js";

type Problem = components["schemas"]["Problem"];
type Answer<T> = { data?: T; error?: Problem; response: Response };

const [url = "http://127.0.0.1:8000"] = process.argv.slice(2);
const email = "maria@example.com";
const password = "correct horse battery";

function done<T>({ data, error }: Answer<T>): T {
  if (data === undefined) throw new Error(`this must not happen: ${JSON.stringify(error)}`);
  return data;
}

function refused({ data, error }: Answer<unknown>): Problem {
  if (error === undefined) throw new Error(`this must not happen: ${JSON.stringify(data)}`);
  return error;
}

const api = createClient<paths>({ baseUrl: url });
const started = done(await api.POST("/v1/quotes", { body: { product: "motor", details: { vehicle: { make: "Seat" } } } }));
const onQuote = { params: { path: { quote_id: started.quote_id } }, headers: { "Quote-Token": started.quote_token } };
console.log("started:", started.status, started.product);

const saved = done(await api.PUT("/v1/quotes/{quote_id}/details", { ...onQuote, body: { seats: 5 } }));
console.log("saved:", saved.details, saved.revision > started.revision);
const merged = done(
  await api.PATCH("/v1/quotes/{quote_id}/details", {
    params: { ...onQuote.params, header: { "If-Match": `"${saved.revision}"` } },
    headers: { ...onQuote.headers, "Content-Type": "application/merge-patch+json" },
    body: { vehicle: { year: 2019 } },
  }),
);
console.log("merged:", JSON.stringify(merged.details));
const late = await api.PUT("/v1/quotes/{quote_id}/details", {
  params: { ...onQuote.params, header: { "If-Match": `"${saved.revision}"` } },
  headers: onQuote.headers,
  body: {},
});
console.log("overtaken:", refused(late).code, late.response.headers.get("ETag") === `"${merged.revision}"`);
const read = done(await api.GET("/v1/quotes/{quote_id}", onQuote));
console.log("read:", read.revision === merged.revision);

const short = await api.POST("/v1/quotes/{quote_id}/registration", { ...onQuote, body: { email, password: "short" } });
console.log("refused:", refused(short).errors?.map((each) => each.pointer));
const registered = done(
  await api.POST("/v1/quotes/{quote_id}/registration", { ...onQuote, body: { email, password, name: "Maria" } }),
);
console.log("registered:", registered.account.name, registered.quote.status);
const claimed = refused(await api.GET("/v1/quotes/{quote_id}", onQuote));
console.log("claimed:", claimed.code, claimed.quote?.href === `/v1/account/quotes/${started.quote_id}`);

const session = done(await api.POST("/v1/sessions", { body: { email, password } }));
const headers = { Authorization: `Bearer ${session.access_token}` };
const another = done(await api.POST("/v1/quotes", { body: { product: "home" } }));
const theirs = done(
  await api.POST("/v1/quotes/{quote_id}/claim", {
    params: { path: { quote_id: another.quote_id } },
    headers: { ...headers, "Quote-Token": another.quote_token },
  }),
);
console.log("claimed another:", theirs.product);
const page = done(await api.GET("/v1/account/quotes", { headers, params: { query: { limit: 1 } } }));
const cursor = page.next_cursor ?? "";
const rest = done(await api.GET("/v1/account/quotes", { headers, params: { query: { cursor } } }));
console.log("listed:", [...page.items, ...rest.items].map((each) => each.product), rest.next_cursor);
const exported = done(await api.GET("/v1/account/export", { headers }));
console.log("exported:", exported.quotes.some((each) => each.quote_id === started.quote_id));
const erased = await api.DELETE("/v1/account", { headers, body: { password } });
console.log("erased:", erased.response.status);
console.log("gone:", refused(await api.GET("/v1/account/export", { headers })).code);

const lost = done(await api.POST("/v1/quotes"));
const onLost = { params: { path: { quote_id: lost.quote_id } }, headers: { "Quote-Token": lost.quote_token } };
await api.DELETE("/v1/quotes/{quote_id}", onLost);
const ended = refused(await api.GET("/v1/quotes/{quote_id}", onLost));
console.log("ended:", ended.code === "quote-expired", ended.restart?.method, ended.restart?.href);
// @ts-expect-error - no problem has this code
console.log("misspelt:", ended.code === "quote-expried");
// @ts-expect-error - no body is asked for without its password
await api.POST("/v1/sessions", { body: { email } });
const unknown = await api.GET("/v1/quotes/{quote_id}", { ...onLost, headers: { "Quote-Token": "qk_made_up" } });
console.log("unknown:", refused(unknown).code);
