"use strict";

// Swagger UI has its dark colours behind a class of its own.
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
  persistAuthorization: false, // tokens are gone when the page is left
});
