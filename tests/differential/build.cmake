# The differential test: generated components, here and in another implementation.
if(WITHY_TESTS)
  add_executable(differential_runner ${CMAKE_SOURCE_DIR}/tests/differential/runner.c
                                     ${CMAKE_SOURCE_DIR}/tests/differential/wire.c)
  target_link_libraries(differential_runner PRIVATE withy_static)
  set_target_properties(differential_runner PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                                       ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME differential
           COMMAND ${CMAKE_SOURCE_DIR}/tests/differential/run --cases 2000 --runner
                   $<TARGET_FILE:differential_runner>)
  set_tests_properties(differential PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()
