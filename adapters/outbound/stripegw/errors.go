package stripegw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"github.com/morket/morket/domain/kernel"
)

// mapped makes of Stripe's error what a caller may see and what says whether to ask again. Keys are never in it.
func mapped(doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var e *stripe.Error
	if !errors.As(err, &e) {
		return away(doing, err)
	}
	cause := fmt.Errorf("stripe %d %s %s (request %s): %s", e.HTTPStatusCode, e.Type, e.Code, e.RequestID, blank(e.Msg))
	switch {
	case e.HTTPStatusCode == http.StatusUnauthorized || e.HTTPStatusCode == http.StatusForbidden:
		return kernel.E(kernel.KindUnavailable, "STRIPE_KEY_REFUSED",
			"Stripe refuses the key of this installation; its operator checks MORKET_STRIPE_SECRET_KEY with morket doctor").Because(cause)
	case e.HTTPStatusCode == http.StatusTooManyRequests || e.HTTPStatusCode >= http.StatusInternalServerError || e.HTTPStatusCode == 0:
		return away(doing, cause)
	case e.Type == stripe.ErrorTypeIdempotency || e.HTTPStatusCode == http.StatusConflict:
		return kernel.E(kernel.KindConflict, "STRIPE_BUSY", "Stripe has the same request in work; try again in a moment").Because(cause)
	case e.Type == stripe.ErrorTypeCard || e.HTTPStatusCode == http.StatusPaymentRequired:
		return kernel.E(kernel.KindPayment, "PAYMENT_FAILED",
			"the payment failed: %s; add another card in the billing portal and try again", kernel.Shorten(blank(e.Msg))).Because(cause)
	case e.HTTPStatusCode == http.StatusNotFound:
		return kernel.E(kernel.KindNotFound, "NOT_FOUND", "Stripe has no such object any more").Because(cause)
	case e.Code == stripe.ErrorCodeResourceMissing && strings.Contains(e.Msg, "payment"):
		return kernel.E(kernel.KindPayment, "NO_CARD", "there is no card to pay with; add one in the billing portal first").Because(cause)
	}
	return fmt.Errorf("%s: %w", doing, cause)
}

func away(doing string, err error) error {
	return kernel.E(kernel.KindUnavailable, "STRIPE_UNAVAILABLE", "Stripe can't be asked now (%s); try again in a minute", doing).Because(err)
}

// blank takes what may be part of a key out of a message of Stripe's.
func blank(msg string) string {
	words := strings.Fields(msg)
	for i, w := range words {
		for _, prefix := range []string{"sk_", "rk_", "pk_", "whsec_"} {
			if strings.Contains(w, prefix) {
				words[i] = "[redacted]"
			}
		}
	}
	return strings.Join(words, " ")
}
