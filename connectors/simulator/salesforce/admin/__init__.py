"""What an administrator owns of an org: permission sets, field access, sharing, record types, rules, and deploying them."""
