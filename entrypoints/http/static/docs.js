"use strict";

// Swagger UI shows dark colours only with this class.
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
const wear = () => document.documentElement.classList.toggle("dark-mode", prefersDark.matches);
wear();
prefersDark.addEventListener("change", wear);

const calls = document.getElementById("calls");
window.SwaggerUIBundle({
  domNode: calls,
  url: calls.dataset.document,
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false, // the browser forgets the tokens when the visitor leaves the page
});
