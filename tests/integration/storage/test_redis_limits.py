"""Nobody waits for ever for a Redis behind a cable that was pulled."""

import os
import socket

import pytest
from channels.layers import get_channel_layer
from redis.asyncio import UnixDomainSocketConnection

from project import redis


async def test_every_connection_notices_a_network_that_swallows_packets(database: str) -> None:
    if not os.environ["REDIS_URL"]:
        pytest.skip("the limits of Redis: the channel layer is in-process")
    layer = get_channel_layer()
    await layer.group_add("limits", "test")
    pool = layer.connection(0).connection_pool
    connection = await pool.get_connection()
    end = connection._writer.get_extra_info("socket")
    assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    for name, value in redis.KEEPALIVE.items():
        assert end.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value
    await pool.release(connection)
    await layer.close_pools()


def test_a_server_on_this_machine_may_be_reached_by_its_socket() -> None:
    from channels_redis.core import RedisChannelLayer

    layer = RedisChannelLayer(**redis.channel_layer("unix:///run/redis.sock", "key")["CONFIG"])
    made = layer.create_pool(0).make_connection()
    assert isinstance(made, UnixDomainSocketConnection)


async def test_two_installations_on_one_server_do_not_hear_each_other(database: str) -> None:
    if not (url := os.environ["REDIS_URL"]):
        pytest.skip("the prefix in Redis: the channel layer is in-process")
    from channels_redis.core import RedisChannelLayer

    one, another, of_another = (
        RedisChannelLayer(**redis.channel_layer(url, key)["CONFIG"])
        for key in ("a key", "another key", "another key")
    )
    channel = await another.new_channel()
    await another.group_add("sync", channel)
    await one.group_send("sync", {"type": "of one"})
    await of_another.group_send("sync", {"type": "of another"})
    assert await another.receive(channel) == {"type": "of another"}
    for layer in (one, another, of_another):
        await layer.close_pools()
