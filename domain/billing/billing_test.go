package billing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/kernel"
)

const ws = kernel.WorkspaceID("ws_1")

func at(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }

func customer(t *testing.T) *billing.Account {
	t.Helper()
	a := billing.New()
	require.NoError(t, a.Become(ws, "cus_1", "", at(1)))
	return a
}

func TestTheDefaultCatalogIsValid(t *testing.T) {
	t.Parallel()
	require.NoError(t, billing.DefaultCatalog().Validate())
}

func TestCatalogsThatCannotBeSoldAreRefused(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(*billing.Catalog){
		"currency":                func(c *billing.Catalog) { c.Currency = "USD" },
		"no free plan":            func(c *billing.Catalog) { c.Plans = c.Plans[1:] },
		"a second free plan":      func(c *billing.Catalog) { c.Plans[2].Price = 0 },
		"descending prices":       func(c *billing.Catalog) { c.Plans[2].Price = c.Plans[1].Price },
		"an id twice":             func(c *billing.Catalog) { c.Plans[2].ID = c.Plans[1].ID },
		"too small a charge":      func(c *billing.Catalog) { c.Packs[0].Price = 49 },
		"a pack of nothing":       func(c *billing.Catalog) { c.Packs[0].Credits = 0 },
		"a negative price":        func(c *billing.Catalog) { c.Packs[0].Price = -100 },
		"credits without a trial": func(c *billing.Catalog) { c.Plans[2].TrialCredits = 1 },
		"no name":                 func(c *billing.Catalog) { c.Plans[1].Name = "" },
	} {
		c := billing.DefaultCatalog()
		spoil(&c)
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(c.Validate()), what)
	}
}

func TestCreditsOfAnInvoiceAreInProportionToItsLines(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		lines []billing.Line
		want  kernel.Credits
	}{
		"a month":               {[]billing.Line{{"pro", 199_00, 199_00}}, 10_000_000},
		"a trial":               {[]billing.Line{{"starter", 0, 49_00}}, 0},
		"half a month upgraded": {[]billing.Line{{"starter", -24_50, 49_00}, {"pro", 99_50, 199_00}}, 4_000_000},
		// 10,000 × 66.33/199 − 2,000 × 16.33/49 = 3,333.1658… − 666.5306… = 2,666.6351…
		"a third":               {[]billing.Line{{"starter", -16_33, 49_00}, {"pro", 66_33, 199_00}}, 2_666_635},
		"what is given back":    {[]billing.Line{{"pro", -99_50, 199_00}, {"starter", 24_50, 49_00}}, 0},
		"another product":       {[]billing.Line{{"", 100, 100}}, 0},
		"a price that has gone": {[]billing.Line{{"starter", 29_00, 29_00}}, 2_000_000},
		"no price":              {[]billing.Line{{"starter", 100, 0}}, 0},
	} {
		require.Equal(t, c.want, billing.DefaultCatalog().CreditsOf(c.lines), what)
	}
}

func TestAnObjectBringsItsCreditsOnceAndAFinalStateStays(t *testing.T) {
	t.Parallel()
	a, c := customer(t), billing.DefaultCatalog()
	in := billing.Invoice{ID: "in_1", Customer: "cus_1", Status: "open", Lines: []billing.Line{{"starter", 49_00, 49_00}}}
	got, err := a.ObserveInvoice(c, in, at(1))
	require.NoError(t, err)
	require.Zero(t, got)
	paid := in
	paid.Status = billing.InvoicePaid
	got, err = a.ObserveInvoice(c, paid, at(1))
	require.NoError(t, err)
	require.Equal(t, 2_000*kernel.Credit, got)
	before := len(a.Pending())
	for _, again := range []billing.Invoice{paid, in, {ID: "in_1", Customer: "cus_1", Status: billing.InvoiceVoid}} {
		got, err = a.ObserveInvoice(c, again, at(2))
		require.NoError(t, err)
		require.Zero(t, got)
	}
	require.Len(t, a.Pending(), before)
	require.Equal(t, 2_000*kernel.Credit, a.Bills()[0].Credits)
}

func TestAnObjectOfAnotherCustomerIsRefused(t *testing.T) {
	t.Parallel()
	a := customer(t)
	_, err := a.ObserveInvoice(billing.DefaultCatalog(), billing.Invoice{ID: "in_1", Customer: "cus_2", Status: "paid"}, at(1))
	require.Error(t, err)
	_, err = billing.New().ObservePayment(billing.Payment{ID: "pi_1", Status: "succeeded"}, at(1))
	require.Error(t, err)
}

func TestAPackBringsWhatWasOrderedHereAndPaidInFull(t *testing.T) {
	t.Parallel()
	order := billing.Order{ID: "ord_1", Pack: "credits_1000", Credits: 1_000_000, Price: 10_00, Currency: "usd"}
	for what, c := range map[string]struct {
		payment billing.Payment
		want    kernel.Credits
	}{
		"paid":             {billing.Payment{Order: "ord_1", Status: "succeeded", Currency: "usd", Received: 10_00}, 1_000_000},
		"with tax":         {billing.Payment{Order: "ord_1", Status: "succeeded", Currency: "usd", Received: 11_90}, 1_000_000},
		"a cent less":      {billing.Payment{Order: "ord_1", Status: "succeeded", Currency: "usd", Received: 9_99}, 0},
		"another currency": {billing.Payment{Order: "ord_1", Status: "succeeded", Currency: "jpy", Received: 10_00}, 0},
		"another's order":  {billing.Payment{Order: "ord_2", Status: "succeeded", Currency: "usd", Received: 10_00}, 0},
		"not yet":          {billing.Payment{Order: "ord_1", Status: "processing", Currency: "usd"}, 0},
	} {
		a := customer(t)
		require.NoError(t, a.Place(order, at(1)))
		c.payment.ID, c.payment.Customer = "pi_1", "cus_1"
		got, err := a.ObservePayment(c.payment, at(1))
		require.NoError(t, err, what)
		require.Equal(t, c.want, got, what)
		require.Equal(t, c.want == 0 && c.payment.Status == "succeeded", a.Purchases()[0].Refused != "", what)
		second := c.payment
		second.ID = "pi_2"
		got, err = a.ObservePayment(second, at(1))
		require.NoError(t, err, what)
		require.Zero(t, got, "an order brings its credits once: %s", what)
	}
}

func TestATrialBringsItsCreditsOnceForAWorkspace(t *testing.T) {
	t.Parallel()
	a, c := customer(t), billing.DefaultCatalog()
	first := billing.Subscription{ID: "sub_1", Customer: "cus_1", Status: billing.Trialing, Plan: "starter", TrialPlan: "starter", Created: at(1)}
	got, err := a.ObserveSubscription(c, first, at(1))
	require.NoError(t, err)
	require.Equal(t, 500*kernel.Credit, got)
	second := first
	second.ID, second.Created = "sub_2", at(2)
	got, err = a.ObserveSubscription(c, second, at(2))
	require.NoError(t, err)
	require.Zero(t, got)
}

func TestACustomerThatIsGoneIsReplacedAndItsObjectsStayKnown(t *testing.T) {
	t.Parallel()
	a, c := customer(t), billing.DefaultCatalog()
	require.NoError(t, a.Become(ws, "cus_3", "cus_2", at(2)), "somebody else was faster")
	require.Equal(t, "cus_1", a.Customer())
	require.NoError(t, a.Become(ws, "cus_2", "cus_1", at(2)))
	require.Equal(t, "cus_2", a.Customer())
	for _, id := range []string{"cus_1", "cus_2"} {
		_, err := a.ObserveInvoice(c, billing.Invoice{ID: "in_" + id, Customer: id, Status: "open"}, at(2))
		require.NoError(t, err)
	}
	sub := billing.Subscription{ID: "sub_1", Customer: "cus_1", Status: billing.Active, Plan: "pro", Created: at(1)}
	_, err := a.ObserveSubscription(c, sub, at(1))
	require.NoError(t, err)
	require.NoError(t, a.Vanish("sub_1", at(2)))
	require.Equal(t, billing.Free, a.Plan())
	before := len(a.Pending())
	require.NoError(t, a.Vanish("sub_1", at(2)))
	require.NoError(t, a.Vanish("sub_2", at(2)))
	require.Len(t, a.Pending(), before)
}

func TestChoosingAPlan(t *testing.T) {
	t.Parallel()
	c := billing.DefaultCatalog()
	sub := billing.Subscription{ID: "sub_1", Customer: "cus_1", Status: billing.Active, Plan: "pro", Created: at(1)}
	for _, k := range []struct {
		sub  func(*billing.Subscription)
		plan billing.PlanID
		want billing.Change
	}{
		{nil, "free", billing.ChangeNone},
		{nil, "pro", billing.ChangeCheckout},
		{func(*billing.Subscription) {}, "pro", billing.ChangeNone},
		{func(*billing.Subscription) {}, "enterprise", billing.ChangeUpgrade},
		{func(*billing.Subscription) {}, "starter", billing.ChangeDowngrade},
		{func(*billing.Subscription) {}, "free", billing.ChangeCancel},
		{func(s *billing.Subscription) { s.CancelAtPeriodEnd = true }, "free", billing.ChangeNone},
		{func(s *billing.Subscription) { s.CancelAtPeriodEnd = true }, "pro", billing.ChangeReactivate},
		{func(s *billing.Subscription) { s.NextPlan = "starter" }, "pro", billing.ChangeReactivate},
		{func(s *billing.Subscription) { s.NextPlan = "starter" }, "starter", billing.ChangeNone},
		{func(s *billing.Subscription) { s.NextPlan = "starter" }, "enterprise", billing.ChangeUpgrade},
		{func(s *billing.Subscription) { s.Status = billing.Canceled }, "pro", billing.ChangeCheckout},
	} {
		a := customer(t)
		if k.sub != nil {
			s := sub
			k.sub(&s)
			_, err := a.ObserveSubscription(c, s, at(1))
			require.NoError(t, err)
		}
		got, _, err := a.Choose(c, k.plan)
		require.NoError(t, err)
		require.Equal(t, k.want, got, "%+v", k)
	}
	a := customer(t)
	_, _, err := a.Choose(c, "gold")
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
	due := sub
	due.Status = billing.PastDue
	_, err = a.ObserveSubscription(c, due, at(1))
	require.NoError(t, err)
	_, _, err = a.Choose(c, "enterprise")
	require.Equal(t, kernel.KindConflict, kernel.KindOf(err), "what is due is paid first")
}

func TestTheFreePlansCreditsComeOnceAMonth(t *testing.T) {
	t.Parallel()
	a, c := billing.New(), billing.DefaultCatalog()
	for _, k := range []struct {
		at   time.Time
		want kernel.Credits
	}{
		{at(1), 100_000},
		{at(31), 0},
		{at(31).AddDate(0, 0, 1), 100_000},
		{at(20), 0}, // a clock that was set back
	} {
		got, err := a.FreeMonth(c, k.at)
		require.NoError(t, err)
		require.Equal(t, k.want, got, k.at)
	}
	paying := customer(t)
	_, err := paying.ObserveSubscription(c, billing.Subscription{ID: "sub_1", Customer: "cus_1", Status: billing.Active, Plan: "pro"}, at(1))
	require.NoError(t, err)
	got, err := paying.FreeMonth(c, at(1))
	require.NoError(t, err)
	require.Zero(t, got)
}
