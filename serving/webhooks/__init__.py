"""Webhooks after the Standard Webhooks specification: what happened here, told to the ERP's own address.

Read first: `publishing.publish` (a message is written with its cause or not at all), `delivery.deliver_webhooks` (sent
until acknowledged, over three days) and `routes` (endpoints, their log, replay and test).
"""
